// Kernels whose results and counters the tests know. The PTX beside this file is what NVRTC 12.4 made of it; see GoldenTests.
typedef unsigned char u8;
typedef unsigned int u32;
typedef unsigned long long u64;

__constant__ float table[4] = {1.0f, 10.0f, 100.0f, 1000.0f};
__device__ u32 counter = 7;

extern "C" __global__ void saxpy(float* y, const float* x, float a, int n)
{
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) y[i] = a * x[i] + y[i];
}

// block 128; sums[b] = sum of x[128 b ..]: a warp reduction, then one over warps
extern "C" __global__ void __launch_bounds__(128) block_sum(float* sums, const float* x)
{
    __shared__ float partial[4];
    float v = x[blockIdx.x * 128 + threadIdx.x];
    for (int step = 16; step > 0; step /= 2) v += __shfl_xor_sync(0xFFFFFFFFu, v, step);
    if (threadIdx.x % 32 == 0) partial[threadIdx.x / 32] = v;
    __syncthreads();
    if (threadIdx.x == 0) sums[blockIdx.x] = partial[0] + partial[1] + partial[2] + partial[3];
}

// lanes part by 4 cases and meet again
extern "C" __global__ void cases(int* out, const int* kind)
{
    const int i = threadIdx.x;
    int v = i;
    switch (kind[i])
    {
        case 0: v *= 3; break;
        case 1: for (int k = 0; k < i; ++k) v += k * k; break;
        case 2: v = -v; break;
        case 3: v = (v << 4) ^ 5; break;
        case 4: v = v / 3; break;
        default: v = 12345; break;
    }
    out[i] = v + __popc(__ballot_sync(0xFFFFFFFFu, v > 0));
}

// dynamic shared memory: out[i] = in[reversed]
extern "C" __global__ void reverse(float* out, const float* in, int n)
{
    extern __shared__ float tile[];
    tile[threadIdx.x] = in[threadIdx.x];
    __syncthreads();
    out[threadIdx.x] = tile[n - 1 - threadIdx.x];
}

extern "C" __global__ void histogram(u32* bins, const u8* values, int n)
{
    __shared__ u32 local[256];
    for (int i = threadIdx.x; i < 256; i += blockDim.x) local[i] = 0;
    __syncthreads();
    for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += blockDim.x * gridDim.x) atomicAdd(&local[values[i]], 1u);
    __syncthreads();
    for (int i = threadIdx.x; i < 256; i += blockDim.x) if (local[i] != 0) atomicAdd(&bins[i], local[i]);
}

// local memory with a run-time index, a constant table, a device variable
extern "C" __global__ void variables(float* out, const int* index, u32* old)
{
    float window[8];
    for (int i = 0; i < 8; ++i) window[i] = threadIdx.x * 8.0f + i;
    out[threadIdx.x] = window[index[threadIdx.x] & 7] * table[threadIdx.x & 3];
    old[threadIdx.x] = atomicAdd(&counter, 1u);
}

extern "C" __global__ void doubles(double* out, const double* a, const double* b)
{
    const int i = threadIdx.x;
    out[i] = a[i] > b[i] ? sqrt(a[i]) / b[i] : fma(a[i], b[i], (double)(long long)a[i]);
}

// two passes through shared memory, copied asynchronously; block 64
extern "C" __global__ void async_copy(float* out, const float* in)
{
    __shared__ __align__(16) float tile[2][256];
    const u32 first = (u32)__cvta_generic_to_shared(&tile[0][threadIdx.x * 4]), second = (u32)__cvta_generic_to_shared(&tile[1][threadIdx.x * 4]);
    asm volatile("cp.async.ca.shared.global [%0], [%1], 16;\n cp.async.commit_group;" :: "r"(first), "l"(in + threadIdx.x * 4));
    asm volatile("cp.async.ca.shared.global [%0], [%1], 16;\n cp.async.commit_group;" :: "r"(second), "l"(in + 256 + threadIdx.x * 4));
    float sum = 0;
    asm volatile("cp.async.wait_group 1;" ::: "memory");
    __syncthreads();
    sum += tile[0][255 - threadIdx.x];
    asm volatile("cp.async.wait_group 0;" ::: "memory");
    __syncthreads();
    out[threadIdx.x] = sum + tile[1][threadIdx.x];
}

// D[16,8] = A[16,16] B[16,8], bf16, both row-major in shared memory: ldmatrix, transposed for B
extern "C" __global__ void matrix_bf16(float* d, const unsigned short* a, const unsigned short* b)
{
    __shared__ __align__(16) unsigned short sa[256], sb[128];
    const int lane = threadIdx.x;
    for (int i = lane; i < 256; i += 32) sa[i] = a[i];
    for (int i = lane; i < 128; i += 32) sb[i] = b[i];
    __syncwarp();
    u32 ra[4], rb[2];
    const u32 pa = (u32)__cvta_generic_to_shared(&sa[(lane & 15) * 16 + (lane >> 4) * 8]), pb = (u32)__cvta_generic_to_shared(&sb[(lane & 15) * 8]);
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];" : "=r"(ra[0]), "=r"(ra[1]), "=r"(ra[2]), "=r"(ra[3]) : "r"(pa));
    asm volatile("ldmatrix.sync.aligned.m8n8.x2.trans.shared.b16 {%0,%1}, [%2];" : "=r"(rb[0]), "=r"(rb[1]) : "r"(pb));
    float c[4] = {0, 0, 0, 0};
    asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
        : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3]) : "r"(ra[0]), "r"(ra[1]), "r"(ra[2]), "r"(ra[3]), "r"(rb[0]), "r"(rb[1]));
    const int row = lane / 4, column = lane % 4 * 2;
    d[row * 8 + column] = c[0]; d[row * 8 + column + 1] = c[1];
    d[(row + 8) * 8 + column] = c[2]; d[(row + 8) * 8 + column + 1] = c[3];
}

// counters: known patterns of global and shared accesses, one warp
extern "C" __global__ void patterns(float* out, const float* in)
{
    __shared__ float tile[32 * 32];
    const int lane = threadIdx.x;
    tile[lane] = in[lane];              // 4 sectors, no conflict
    tile[32 + lane] = in[lane * 8];     // 32 sectors, no conflict
    for (int i = 64; i < 1024; i += 32) tile[i + lane] = 0;
    __syncwarp();
    out[lane] = tile[lane * 32] + tile[5];       // 32 passes, then a broadcast
}

// named barriers: the first warp produces, the second consumes
extern "C" __global__ void named_barriers(int* out)
{
    __shared__ int box[32];
    if (threadIdx.x < 32)
    {
        box[threadIdx.x] = threadIdx.x * 7;
        asm volatile("bar.arrive 1, 64;" ::: "memory");
    }
    else
    {
        asm volatile("bar.sync 1, 64;" ::: "memory");
        out[threadIdx.x - 32] = box[threadIdx.x - 32];
    }
}

extern "C" __global__ void count_positive(int* out, const int* in)
{
    out[threadIdx.x] = __syncthreads_count(in[threadIdx.x] > 0) * 100 + __syncthreads_and(in[threadIdx.x] > -50) * 10 + __syncthreads_or(in[threadIdx.x] > 1000);
}

// block 32; sums[h] = sum of x[16 h ..]: halves of a warp, of which the second comes alone where the first has nothing to do
extern "C" __global__ void half_sums(float* sums, const float* x, int both)
{
    const u32 half = threadIdx.x / 16;
    if (half == 0 && !both) return;
    float v = x[threadIdx.x];
    for (int step = 8; step > 0; step /= 2) v += __shfl_xor_sync(0xFFFFu << (16 * half), v, step);
    if (threadIdx.x % 16 == 0) sums[half] = v;
}
