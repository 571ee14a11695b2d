// Kernels that the tests of the emulated driver run; probes.ptx is what NVRTC 12.4 makes of them (-arch=compute_75 --std=c++17 -default-device -lineinfo --fmad=false).
extern "C" __global__ void add(const float* x, float* y, float a, int n)
{
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) y[i] = fmaf(a, x[i], y[i]);
}

extern "C" __global__ void put(int* to, int value)
{
    *to = value;
}

extern "C" __global__ void __launch_bounds__(64) copy(const int* from, int* to, int n)
{
    const int i = threadIdx.x;
    if (i < n) to[i] = from[i];     // beyond the end where n is a lie
}

extern "C" __global__ void reverse(const int* from, int* to)
{
    extern __shared__ int tile[];
    tile[threadIdx.x] = from[threadIdx.x];
    __syncthreads();
    to[threadIdx.x] = tile[blockDim.x - 1 - threadIdx.x];
}

extern "C" __global__ void race(int* to)
{
    __shared__ int tile[64];
    tile[threadIdx.x] = threadIdx.x;
    to[threadIdx.x] = tile[63 - threadIdx.x];     // no barrier in between
}
