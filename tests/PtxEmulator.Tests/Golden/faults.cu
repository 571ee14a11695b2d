// One planted fault a kernel. The line that must be reported ends with "// fault".
typedef unsigned char u8;

extern "C" __global__ void shared_write_read(int* out)
{
    __shared__ int box[64];
    box[threadIdx.x] = 0;
    __syncthreads();
    box[threadIdx.x] = threadIdx.x;
    out[threadIdx.x] = box[threadIdx.x ^ 1];           // fault
}

extern "C" __global__ void shared_read_write(int* out)
{
    __shared__ int box[64];
    box[threadIdx.x] = threadIdx.x;
    __syncthreads();
    const int v = box[(threadIdx.x + 1) % 64];
    box[threadIdx.x] = v;                              // fault
    out[threadIdx.x] = v;
}

extern "C" __global__ void shared_same_byte(u8* out)
{
    __shared__ u8 box[64];
    box[threadIdx.x / 2] = 1;                          // fault
    __syncthreads();
    out[threadIdx.x] = box[threadIdx.x / 2];
}

extern "C" __global__ void shared_atomic_plain(int* out)
{
    __shared__ int sum;
    if (threadIdx.x == 0) sum = 0;
    atomicAdd(&sum, 1);                                // fault
    __syncthreads();
    out[threadIdx.x] = sum;
}

extern "C" __global__ void blocks_write_same(int* out)
{
    out[threadIdx.x] = blockIdx.x;                     // fault
}

extern "C" __global__ void blocks_read_write(int* data)
{
    const int v = data[(blockIdx.x + 1) % gridDim.x];
    data[blockIdx.x] = v + 1;                          // fault
}

extern "C" __global__ void global_within_block(int* data)
{
    data[threadIdx.x] = threadIdx.x;
    data[64 + threadIdx.x] = data[threadIdx.x ^ 1];    // fault
}

extern "C" __global__ void past_the_end(float* out, int n)
{
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i <= n) out[i] = 1;                            // fault
}

extern "C" __global__ void null_pointer(float* out, const float* nothing)
{
    out[threadIdx.x] = nothing[threadIdx.x];           // fault
}

extern "C" __global__ void past_shared(float* out, int n)
{
    __shared__ float box[32];
    box[threadIdx.x + n] = 1;                          // fault
    out[threadIdx.x] = box[threadIdx.x];
}

extern "C" __global__ void misaligned(float* out, const u8* in)
{
    out[threadIdx.x] = *(const float*)(in + threadIdx.x * 4 + 2);   // fault
}

extern "C" __global__ void unwritten_global(float* out, const float* in)
{
    out[threadIdx.x] = in[threadIdx.x] + 1;            // fault
}

extern "C" __global__ void unwritten_shared(float* out)
{
    __shared__ float box[64];
    if (threadIdx.x < 63) box[threadIdx.x] = 1;
    __syncthreads();
    out[threadIdx.x] = box[threadIdx.x];               // fault
}

extern "C" __global__ void unwritten_local(float* out, const int* index)
{
    float window[16];
    for (int i = 0; i < 15; ++i) window[i] = index[i];
    out[threadIdx.x] = window[index[threadIdx.x]];     // fault
}

extern "C" __global__ void different_barriers(int* out)
{
    __shared__ int box[2];
    if (threadIdx.x % 32 == 0) box[threadIdx.x / 32] = 0;
    if (threadIdx.x < 32) { __syncthreads(); out[threadIdx.x] = box[0]; }
    else { __syncthreads(); out[threadIdx.x] = box[1] + 1; }
}

extern "C" __global__ void incomplete_barrier(int* out)
{
    if (threadIdx.x < 32) asm volatile("bar.sync 1, 64;" ::: "memory");    // fault
    out[threadIdx.x] = 1;
}

extern "C" __global__ void stopped(int* out, int n)
{
    if (threadIdx.x == n) __trap();                    // fault
    out[threadIdx.x] = 1;
}

extern "C" __global__ void shuffle_from_absent(int* out)
{
    int v = threadIdx.x;
    if (threadIdx.x < 16) v = __shfl_sync(0x0000FFFFu, v, 20);     // fault
    out[threadIdx.x] = v;
}

extern "C" __global__ void async_read_before_wait(float* out, const float* in)
{
    __shared__ __align__(16) float tile[128];
    const unsigned target = (unsigned)__cvta_generic_to_shared(&tile[threadIdx.x * 4]);
    asm volatile("cp.async.ca.shared.global [%0], [%1], 16;\n cp.async.commit_group;" :: "r"(target), "l"(in + threadIdx.x * 4));
    out[threadIdx.x] = tile[threadIdx.x * 4];          // fault
    asm volatile("cp.async.wait_group 0;" ::: "memory");
}

extern "C" __global__ void forever(int* out)
{
    while (*(volatile int*)out >= 0) { }
}

extern "C" __global__ void mask_of_the_other_half(int* out)
{
    const unsigned mask = threadIdx.x < 16 ? 0xFFFFFFFFu : 0xFFFF0000u;
    out[threadIdx.x] = __shfl_xor_sync(mask, (int)threadIdx.x, 1);     // fault
}
