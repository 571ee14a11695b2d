// micro.cu: the device figures that the predictions of docs/results/gpu.md rest on. nvcc -O3 -arch=sm_90 -o micro micro.cu -lcuda
#include <cstdio>
#include <cstdlib>
#include <vector>
#include <algorithm>
#include <cuda_runtime.h>
#include <cuda_bf16.h>
#include <cooperative_groups.h>

#define CHECK(call) do { cudaError_t e = (call); if (e != cudaSuccess) { printf("%s: %s\n", #call, cudaGetErrorString(e)); exit(1); } } while (0)

__global__ void empty_kernel(int* p) { if (p && threadIdx.x == 1000000) *p = 1; }

__global__ void dependent_kernel(int* p)
{
#if __CUDA_ARCH__ >= 900
    asm volatile("griddepcontrol.launch_dependents;");
    asm volatile("griddepcontrol.wait;" ::: "memory");
#endif
    if (p && threadIdx.x == 1000000) *p = 1;
}

__device__ __forceinline__ void grid_barrier(unsigned* count, unsigned goal)
{
    __syncthreads();
    if (threadIdx.x == 0)
    {
        unsigned seen;
        asm volatile("red.release.gpu.global.add.u32 [%0], 1;" :: "l"(count) : "memory");
        do asm volatile("ld.acquire.gpu.global.u32 %0, [%1];" : "=r"(seen) : "l"(count) : "memory"); while (seen < goal);
    }
    __syncthreads();
}

__global__ void barriers(unsigned* count, int rounds)
{
    for (int i = 1; i <= rounds; ++i) grid_barrier(count, i * gridDim.x);
}

__global__ void __launch_bounds__(256) ffma(float* out, int rounds)
{
    float a[16];
    for (int i = 0; i < 16; ++i) a[i] = threadIdx.x + i;
    float b = blockIdx.x * 1e-9f + 0.999f, c = 1e-7f;
    for (int r = 0; r < rounds; ++r)
        #pragma unroll
        for (int i = 0; i < 16; ++i) a[i] = fmaf(a[i], b, c);
    float s = 0;
    for (int i = 0; i < 16; ++i) s += a[i];
    if (s == 12345.f) *out = s;
}

template <bool TF32> __global__ void __launch_bounds__(256) mma(float* out, int rounds)
{
    float d[8][4] = {};
    unsigned a[4], b[2];
    for (int i = 0; i < 4; ++i) a[i] = 0x3f803f80u + threadIdx.x;
    b[0] = 0x3f803f80u; b[1] = b[0] + threadIdx.x;
    for (int r = 0; r < rounds; ++r)
        #pragma unroll
        for (int i = 0; i < 8; ++i)
        {
            if (TF32)
                asm volatile("mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
                    : "+f"(d[i][0]), "+f"(d[i][1]), "+f"(d[i][2]), "+f"(d[i][3]) : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
            else
                asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
                    : "+f"(d[i][0]), "+f"(d[i][1]), "+f"(d[i][2]), "+f"(d[i][3]) : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
        }
    float s = 0;
    for (int i = 0; i < 8; ++i) s += d[i][0] + d[i][3];
    if (s == 12345.f) *out = s;
}

__global__ void read_l2(const float4* p, size_t n, int rounds, float* out)
{
    float4 s = make_float4(0, 0, 0, 0);
    for (int r = 0; r < rounds; ++r)
        for (size_t i = blockIdx.x * (size_t)blockDim.x + threadIdx.x; i < n; i += (size_t)gridDim.x * blockDim.x)
        {
            float4 v = __ldcg(p + (i + r * 977) % n);
            s.x += v.x; s.y += v.y; s.z += v.z; s.w += v.w;
        }
    if (s.x + s.y + s.z + s.w == 12345.f) *out = s.x;
}

// dependent loads out of L2: what a kernel's first load costs
__global__ void chase(const int* next, int steps, int* out, long long* clocks)
{
    int at = 0;
    long long began = clock64();
    for (int i = 0; i < steps; ++i) at = __ldcg(next + at);
    *clocks = clock64() - began;
    *out = at;
}

static float best_of(int rounds, void (*run)(void*), void* state, cudaStream_t stream)
{
    cudaEvent_t from, to;
    CHECK(cudaEventCreate(&from)); CHECK(cudaEventCreate(&to));
    std::vector<float> times;
    for (int i = 0; i < rounds; ++i)
    {
        CHECK(cudaEventRecord(from, stream));
        run(state);
        CHECK(cudaEventRecord(to, stream));
        CHECK(cudaEventSynchronize(to));
        float ms; CHECK(cudaEventElapsedTime(&ms, from, to));
        times.push_back(ms);
    }
    std::sort(times.begin(), times.end());
    return times[times.size() / 2];
}

static cudaGraphExec_t chain(int nodes, bool dependent, cudaStream_t stream, int blocks)
{
    cudaGraph_t graph; cudaGraphExec_t exec;
    CHECK(cudaStreamBeginCapture(stream, cudaStreamCaptureModeGlobal));
    for (int i = 0; i < nodes; ++i)
    {
        cudaLaunchConfig_t config = {};
        config.gridDim = dim3(blocks); config.blockDim = dim3(128); config.stream = stream;
        cudaLaunchAttribute attribute = {};
        attribute.id = cudaLaunchAttributeProgrammaticStreamSerialization;
        attribute.val.programmaticStreamSerializationAllowed = 1;
        config.attrs = &attribute; config.numAttrs = dependent ? 1 : 0;
        if (dependent) CHECK(cudaLaunchKernelEx(&config, dependent_kernel, (int*)nullptr));
        else CHECK(cudaLaunchKernelEx(&config, empty_kernel, (int*)nullptr));
    }
    CHECK(cudaStreamEndCapture(stream, &graph));
    CHECK(cudaGraphInstantiate(&exec, graph, 0));
    return exec;
}

int main()
{
    cudaDeviceProp properties; CHECK(cudaGetDeviceProperties(&properties, 0));
    int clock; CHECK(cudaDeviceGetAttribute(&clock, cudaDevAttrClockRate, 0));
    printf("%s, %d multiprocessors, %.0f MHz, L2 %d MB, %zu KB shared a block\n", properties.name, properties.multiProcessorCount, clock / 1e3, properties.l2CacheSize >> 20, properties.sharedMemPerBlockOptin >> 10);
    cudaStream_t stream; CHECK(cudaStreamCreate(&stream));
    const int sms = properties.multiProcessorCount;
    float* out; CHECK(cudaMalloc(&out, 1 << 20));

    for (int blocks : { 1, 128, 1056 })
        for (int dependent = 0; dependent < 2; ++dependent)
        {
            struct S { cudaGraphExec_t exec; cudaStream_t stream; } state;
            double per[2];
            int sizes[2] = { 8, 512 };
            for (int i = 0; i < 2; ++i)
            {
                state = { chain(sizes[i], dependent, stream, blocks), stream };
                auto run = [](void* p) { S* s = (S*)p; cudaGraphLaunch(s->exec, s->stream); };
                best_of(3, run, &state, stream);
                per[i] = best_of(9, run, &state, stream) * 1e3;
            }
            printf("graph of empty kernels, %4d blocks%s: %.2f us a node (8 nodes %.1f us, 512 nodes %.1f us)\n", blocks, dependent ? ", programmatic edges" : "", (per[1] - per[0]) / 504, per[0], per[1]);
        }

    {
        unsigned* count; CHECK(cudaMalloc(&count, 256));
        for (int blocks : { 32, 128, sms })
        {
            struct S { unsigned* count; int blocks; cudaStream_t stream; int rounds; } state { count, blocks, stream, 1000 };
            auto run = [](void* p) { S* s = (S*)p; cudaMemsetAsync(s->count, 0, 4, s->stream); void* args[] = { &s->count, &s->rounds }; cudaLaunchCooperativeKernel((void*)barriers, dim3(s->blocks), dim3(256), args, 0, s->stream); };
            best_of(2, run, &state, stream);
            printf("grid barrier, %d blocks of 256: %.2f us\n", blocks, best_of(5, run, &state, stream) * 1e3 / 1000);
        }
    }
    {
        struct S { float* out; int sms; cudaStream_t stream; } state { out, sms, stream };
        auto run = [](void* p) { S* s = (S*)p; ffma<<<s->sms * 8, 256, 0, s->stream>>>(s->out, 4000); };
        best_of(3, run, &state, stream);
        printf("FFMA: %.1f TFLOP/s\n", 2.0 * 16 * 4000 * 256 * 8 * sms / (best_of(5, run, &state, stream) * 1e-3) / 1e12);
        auto run2 = [](void* p) { S* s = (S*)p; mma<false><<<s->sms * 4, 256, 0, s->stream>>>(s->out, 4000); };
        best_of(3, run2, &state, stream);
        printf("mma.sync m16n8k16 bf16: %.0f TFLOP/s\n", 2.0 * 16 * 8 * 16 * 8 * 4000 * 8 * 4 * sms / (best_of(5, run2, &state, stream) * 1e-3) / 1e12);
        auto run3 = [](void* p) { S* s = (S*)p; mma<true><<<s->sms * 4, 256, 0, s->stream>>>(s->out, 4000); };
        best_of(3, run3, &state, stream);
        printf("mma.sync m16n8k8 tf32: %.0f TFLOP/s\n", 2.0 * 16 * 8 * 8 * 8 * 4000 * 8 * 4 * sms / (best_of(5, run3, &state, stream) * 1e-3) / 1e12);
    }
    {
        float4* p; size_t bytes = (size_t)1 << 31; CHECK(cudaMalloc(&p, bytes));
        std::vector<int> random(bytes / 4 / 64);
        for (int& r : random) r = rand();
        for (int i = 0; i < 64; ++i) CHECK(cudaMemcpy((char*)p + i * (bytes / 64), random.data(), bytes / 64, cudaMemcpyHostToDevice));
        struct S { float4* p; size_t n; float* out; int sms; cudaStream_t stream; int rounds; } state { p, (10 << 20) / 16, out, sms, stream, 100 };
        auto run = [](void* q) { S* s = (S*)q; read_l2<<<s->sms * 8, 256, 0, s->stream>>>(s->p, s->n, s->rounds, s->out); };
        best_of(2, run, &state, stream);
        printf("L2 read of 10 MB: %.2f TB/s\n", 100.0 * (10 << 20) / (best_of(5, run, &state, stream) * 1e-3) / 1e12);
        struct C { float4* p; size_t bytes; cudaStream_t stream; } copy { p, bytes / 2, stream };
        auto run2 = [](void* q) { C* s = (C*)q; cudaMemcpyAsync((char*)s->p + s->bytes, s->p, s->bytes, cudaMemcpyDeviceToDevice, s->stream); };
        best_of(2, run2, &copy, stream);
        printf("device copy: %.2f TB/s read and written\n", 2.0 * copy.bytes / (best_of(5, run2, &copy, stream) * 1e-3) / 1e12);
    }
    {
        std::vector<int> next(1 << 18);
        for (size_t i = 0; i < next.size(); ++i) next[i] = (int)((i * 8191 + 4097) % next.size());
        int* p; long long* clocks; CHECK(cudaMalloc(&p, next.size() * 4)); CHECK(cudaMalloc(&clocks, 8));
        CHECK(cudaMemcpy(p, next.data(), next.size() * 4, cudaMemcpyHostToDevice));
        long long spent = 0;
        for (int i = 0; i < 2; ++i) chase<<<1, 1, 0, stream>>>(p, 2000, (int*)out, clocks);
        CHECK(cudaMemcpy(&spent, clocks, 8, cudaMemcpyDeviceToHost));
        printf("dependent load out of L2: %.0f clocks\n", spent / 2000.0);
    }
    return 0;
}
