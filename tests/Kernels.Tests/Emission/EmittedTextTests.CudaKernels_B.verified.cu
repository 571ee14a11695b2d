// Net: kernels for exactly this network, in the order of a step.
// Letters: N batch; C H W input channels, height, width; R S filter height, width; P Q output height, width; K output channels; i o features in, out.
// Images are NHWC with channels padded to 16 floats by zeros; weights lie in panels of output channels, [K / panel][reduction][panel].
// Every sum has an order that depends on N only; there are no atomics on floats.

// may be chosen at run time, as less than these: times differ, and in which parts sums are made
#ifndef CVK_CONV2D_KERNEL_SLICES
#define CVK_CONV2D_KERNEL_SLICES 528
#endif
#ifndef CVK_CONV2D_1_KERNEL_SLICES
#define CVK_CONV2D_1_KERNEL_SLICES 128
#endif

typedef unsigned char u8;
typedef unsigned int u32;
typedef unsigned long long u64;

// Where a batch comes from and where training stands; lives on the device, so that one captured step can be replayed.
struct Step
{
    const void* images;        // the samples u8[samples,H,W,C] or f32[samples,H,W,C], NHWC
    const int* labels;         // class indices i32[samples], or null
    const float* targets;      // target rows f32[samples,classes], or null
    int* order;                // the epoch's order i32[samples], or null for the set's own
    int bytes;                 // 1: pixels are u8 and stand for x / 255
    int samples;               // samples in the set
    int position;              // place of the batch's first sample in the epoch's order; behind a step, of the next one's
    u32 low_bits, high_bits, rounds, keys[12];      // of the order: a keyed bijection over [0, samples)
    int keep_gradients;        // 1: gradients go to their own area and nothing is learned; up to here written by the host

    int step;                  // optimizer steps taken
    int bad;                   // 1: a loss was not finite; no parameter changes from then on
    int failed_step;           // the first such step, or 0
    float step_size;           // learning rate with the step's bias correction
    float second_moment_scale; // Adam with epsilon behind the correction: 1 / sqrt(1 - beta2^t); otherwise 1
    u32 draw;                  // training passes done: of the masks that dropout draws, which ones are next
    double beta1_power, beta2_power;                // beta^t
    double loss_sum;           // of all samples since the host last cleared it
    u64 correct;               // of those, how many were classified right
    u64 seed;                  // key of all draws; written by the host once
};

// of equals the first stays
__device__ __forceinline__ void keep_largest(float4& best, uchar4& at, const float4& x, u8 place)
{
    if (x.x > best.x) { best.x = x.x; at.x = place; }
    if (x.y > best.y) { best.y = x.y; at.y = place; }
    if (x.z > best.z) { best.z = x.z; at.z = place; }
    if (x.w > best.w) { best.w = x.w; at.w = place; }
}

// acc += x * w, four channels
__device__ __forceinline__ void multiply_add(float4& acc, float x, const float4& w)
{
    acc.x = fmaf(x, w.x, acc.x); acc.y = fmaf(x, w.y, acc.y); acc.z = fmaf(x, w.z, acc.z); acc.w = fmaf(x, w.w, acc.w);
}

// max(x, 0); a NaN stays one
__device__ __forceinline__ float relu(float x)
{
    return x < 0.0f ? 0.0f : x;
}

// index of the batch's sample n
__device__ __forceinline__ int sample_at(const Step* __restrict__ step, int n)
{
    const int place = step->position + n;
    return step->order ? step->order[place] : place;
}

// value i of the samples
__device__ __forceinline__ float pixel(const Step* __restrict__ step, size_t i)
{
    return step->bytes ? __ldg(static_cast<const u8*>(step->images) + i) * (1.0f / 255.0f) : __ldg(static_cast<const float*>(step->images) + i);
}

// conv2d fprop  <- Net, conv2d
//   y[n,p,q,k] = max over 2x2 of relu(sum(r,s,c) x[n,p+r,q+s,c] w[r,s,c,k] + b[k]); bias and relu are monotonic and follow the maximum
//   x u8 or f32[N,28,28,1] out of the data set, in the epoch's order  w f32[1][3][3][1][32] panels of output channels  y f32[N,12,12,32] NHWC  arg u8[N,12,12,32], the maximum's place in its window, of equals the first; null when predicting
//   implicit GEMM N*576 x 32 x 9; block 192 = 4x12 windows x 32 channels, thread = 2 windows of 2x2 x 4 channels; grid N x 3
//   proved away: the 24x24 map reaches no memory; no padding, so no edge guard in the reduction; channels stand in whole quads
//   192 threads a block, 1044 bytes of shared memory, at most 168 registers a thread
extern "C" __global__ void __launch_bounds__(192, 2)
conv2d_fprop(const Step* __restrict__ step,
             const float* __restrict__ weights,
             const float* __restrict__ bias,
             float* __restrict__ y,
             u8* __restrict__ arg)
{
    constexpr int H = 28, W = 28, C = 1, R = 3, S = 3, K = 32, PANEL = 32, POOL_H = 2, POOL_W = 2, OUT_H = 12, OUT_W = 12;
    constexpr int TILE_H = 4, TILE_W = 12, TILES_H = 3, TILES_W = 1, K_TILES = 1, QUADS = 8, WINDOWS = 2, THREADS = 192;
    constexpr int PIECE_H = 2, PIECE_W = 2, POSITIONS = PIECE_H * PIECE_W, CHUNK = 1, PITCH = 1, ROWS = TILE_H * POOL_H + R - 1, COLUMNS = TILE_W * POOL_W + S - 1;
    __shared__ __align__(16) float tile[ROWS * COLUMNS * PITCH];       // input f32[ROWS][COLUMNS][PITCH], CHUNK channels of it
    const int thread = threadIdx.x, quad = thread % QUADS, column = thread / QUADS % (TILE_W / WINDOWS) * WINDOWS, row = thread / QUADS / (TILE_W / WINDOWS);
    const int n = blockIdx.x / (TILES_H * TILES_W * K_TILES), k = (blockIdx.x % K_TILES * QUADS + quad) * 4;
    const int tile_row = blockIdx.x / (K_TILES * TILES_W) % TILES_H * TILE_H, tile_column = blockIdx.x / K_TILES % TILES_W * TILE_W;

    __shared__ int sample;
    if (thread == 0) sample = sample_at(step, n);
    __syncthreads();
    const size_t origin = (size_t)sample * (H * W * C);

    const float* __restrict__ filter = weights + k / PANEL * (PANEL * R * S * C) + k % PANEL;
    float4 acc[WINDOWS][POSITIONS] = {};

    {
        constexpr int c0 = 0;
        for (int i = thread; i < ROWS * COLUMNS * CHUNK; i += THREADS)
        {
            const int h = tile_row * POOL_H + i / (COLUMNS * CHUNK), w = tile_column * POOL_W + i / CHUNK % COLUMNS, c = i % CHUNK;
            tile[i / CHUNK * PITCH + c] = h < H && w < W ? pixel(step, origin + (h * W + w) * C + c0 + c) : 0.0f;
        }
        __syncthreads();

        #pragma unroll
        for (int r = 0; r < R; ++r)
        {
            #pragma unroll
            for (int s = 0; s < S; ++s)
            {
                const float* from = tile + ((row * POOL_H + r) * COLUMNS + column * POOL_W + s) * PITCH;
                const float* w = filter + ((r * S + s) * C + c0) * PANEL;
                #pragma unroll
                for (int c = 0; c < CHUNK; ++c)
                {
                    const float4 wc = __ldg(reinterpret_cast<const float4*>(w + c * PANEL));
                    #pragma unroll
                    for (int i = 0; i < WINDOWS; ++i)
                        #pragma unroll
                        for (int j = 0; j < POSITIONS; ++j)
                            multiply_add(acc[i][j], from[(j / PIECE_W * COLUMNS + i * POOL_W + j % PIECE_W) * PITCH + c], wc);
                }
            }
        }
    }

    // epilogue: pool, bias, relu, store
    #pragma unroll
    for (int i = 0; i < WINDOWS; ++i)
    {
        float4 best = acc[i][0];
        uchar4 at = make_uchar4(0, 0, 0, 0);
        #pragma unroll
        for (int j = 1; j < POSITIONS; ++j) keep_largest(best, at, acc[i][j], j);
        const float4 b = *reinterpret_cast<const float4*>(&bias[k]);
        best.x += b.x; best.y += b.y; best.z += b.z; best.w += b.w;
        best.x = relu(best.x); best.y = relu(best.y); best.z = relu(best.z); best.w = relu(best.w);
        const int p = tile_row + row, q = tile_column + column + i;
        if (p < OUT_H && q < OUT_W)
        {
            const size_t to = (((size_t)n * OUT_H + p) * OUT_W + q) * K + k;
            *reinterpret_cast<float4*>(&y[to]) = best;
            if (arg) *reinterpret_cast<uchar4*>(&arg[to]) = at;
        }
    }
}

// conv2d_1 fprop  <- Net, conv2d_1
//   y[n,p,q,k] = max over 2x2 of relu(sum(r,s,c) x[n,p+r,q+s,c] w[r,s,c,k] + b[k]); bias and relu are monotonic and follow the maximum
//   x f32[N,12,12,32] NHWC  w f32[2][3][3][32][32] panels of output channels  y f32[N,5,5,64] NHWC  arg u8[N,5,5,64], the maximum's place in its window, of equals the first; null when predicting
//   implicit GEMM N*100 x 64 x 288; block 240 = 5x6 windows x 64 channels, thread = 2 windows of 2x2 x 4 channels; grid N x 1
//   proved away: the 10x10 map reaches no memory; no padding, so no edge guard in the reduction; channels stand in whole quads
//   240 threads a block, 24192 bytes of shared memory, at most 128 registers a thread
extern "C" __global__ void __launch_bounds__(240, 2)
conv2d_1_fprop(const float* __restrict__ x,
               const float* __restrict__ weights,
               const float* __restrict__ bias,
               float* __restrict__ y,
               u8* __restrict__ arg)
{
    constexpr int H = 12, W = 12, C = 32, R = 3, S = 3, K = 64, PANEL = 32, POOL_H = 2, POOL_W = 2, OUT_H = 5, OUT_W = 5;
    constexpr int TILE_H = 5, TILE_W = 6, TILES_H = 1, TILES_W = 1, K_TILES = 1, QUADS = 16, WINDOWS = 2, THREADS = 240;
    constexpr int PIECE_H = 2, PIECE_W = 2, POSITIONS = PIECE_H * PIECE_W, CHUNK = 32, PITCH = 36, ROWS = TILE_H * POOL_H + R - 1, COLUMNS = TILE_W * POOL_W + S - 1;
    __shared__ __align__(16) float tile[ROWS * COLUMNS * PITCH];       // input f32[ROWS][COLUMNS][PITCH], CHUNK channels of it
    const int thread = threadIdx.x, quad = thread % QUADS, column = thread / QUADS % (TILE_W / WINDOWS) * WINDOWS, row = thread / QUADS / (TILE_W / WINDOWS);
    const int n = blockIdx.x / (TILES_H * TILES_W * K_TILES), k = (blockIdx.x % K_TILES * QUADS + quad) * 4;
    const int tile_row = blockIdx.x / (K_TILES * TILES_W) % TILES_H * TILE_H, tile_column = blockIdx.x / K_TILES % TILES_W * TILE_W;

    const float* __restrict__ filter = weights + k / PANEL * (PANEL * R * S * C) + k % PANEL;
    float4 acc[WINDOWS][POSITIONS] = {};

    {
        constexpr int c0 = 0;
        for (int i = thread; i < ROWS * COLUMNS * (CHUNK / 4); i += THREADS)
        {
            const int h = tile_row * POOL_H + i / (COLUMNS * (CHUNK / 4)), w = tile_column * POOL_W + i / (CHUNK / 4) % COLUMNS, c = i % (CHUNK / 4) * 4;
            const float4 four = h < H && w < W ? *reinterpret_cast<const float4*>(&x[(((size_t)n * H + h) * W + w) * C + c0 + c]) : make_float4(0, 0, 0, 0);
            *reinterpret_cast<float4*>(&tile[i / (CHUNK / 4) * PITCH + c]) = four;
        }
        __syncthreads();

        #pragma unroll 1
        for (int r = 0; r < R; ++r)
        {
            #pragma unroll 1
            for (int s = 0; s < S; ++s)
            {
                const float* from = tile + ((row * POOL_H + r) * COLUMNS + column * POOL_W + s) * PITCH;
                const float* w = filter + ((r * S + s) * C + c0) * PANEL;
                for (int c = 0; c < CHUNK; c += 4)
                {
                    const float4 w0 = __ldg(reinterpret_cast<const float4*>(w + c * PANEL)), w1 = __ldg(reinterpret_cast<const float4*>(w + (c + 1) * PANEL));
                    const float4 w2 = __ldg(reinterpret_cast<const float4*>(w + (c + 2) * PANEL)), w3 = __ldg(reinterpret_cast<const float4*>(w + (c + 3) * PANEL));
                    #pragma unroll
                    for (int i = 0; i < WINDOWS; ++i)
                        #pragma unroll
                        for (int j = 0; j < POSITIONS; ++j)
                        {
                            const float4 x = *reinterpret_cast<const float4*>(from + (j / PIECE_W * COLUMNS + i * POOL_W + j % PIECE_W) * PITCH + c);
                            multiply_add(acc[i][j], x.x, w0); multiply_add(acc[i][j], x.y, w1); multiply_add(acc[i][j], x.z, w2); multiply_add(acc[i][j], x.w, w3);
                        }
                }
            }
        }
    }

    // epilogue: pool, bias, relu, store
    #pragma unroll
    for (int i = 0; i < WINDOWS; ++i)
    {
        float4 best = acc[i][0];
        uchar4 at = make_uchar4(0, 0, 0, 0);
        #pragma unroll
        for (int j = 1; j < POSITIONS; ++j) keep_largest(best, at, acc[i][j], j);
        const float4 b = *reinterpret_cast<const float4*>(&bias[k]);
        best.x += b.x; best.y += b.y; best.z += b.z; best.w += b.w;
        best.x = relu(best.x); best.y = relu(best.y); best.z = relu(best.z); best.w = relu(best.w);
        const int p = tile_row + row, q = tile_column + column + i;
        if (p < OUT_H && q < OUT_W)
        {
            const size_t to = (((size_t)n * OUT_H + p) * OUT_W + q) * K + k;
            *reinterpret_cast<float4*>(&y[to]) = best;
            if (arg) *reinterpret_cast<uchar4*>(&arg[to]) = at;
        }
    }
}

// to[4][4], pitch apart: rows n.. and units o.. of x w, summed over the quads of features that fall to one of SHARES threads; rows from batch on are left alone
template <int IN, int STRIDE, int PANEL, int SHARES>
__device__ __forceinline__ void dense_tile(float* __restrict__ to, int pitch, const float* __restrict__ x, const float* __restrict__ weights, int n, int o, int share, int batch)
{
    const float* w = weights + o / PANEL * (PANEL * IN) + o % PANEL;
    float4 acc[4] = {};
    #pragma unroll 2
    for (int f = 4 * share; f < IN; f += 4 * SHARES)
    {
        float4 quad[4];
        #pragma unroll
        for (int i = 0; i < 4; ++i) quad[i] = n + i < batch ? *reinterpret_cast<const float4*>(&x[(size_t)(n + i) * STRIDE + f]) : make_float4(0, 0, 0, 0);
        const float4 zero = make_float4(0, 0, 0, 0);
        const float4 w0 = *reinterpret_cast<const float4*>(w + f * PANEL);
        const float4 w1 = IN % 4 == 0 || f + 1 < IN ? *reinterpret_cast<const float4*>(w + (f + 1) * PANEL) : zero;
        const float4 w2 = IN % 4 == 0 || f + 2 < IN ? *reinterpret_cast<const float4*>(w + (f + 2) * PANEL) : zero;
        const float4 w3 = IN % 4 == 0 || f + 3 < IN ? *reinterpret_cast<const float4*>(w + (f + 3) * PANEL) : zero;
        #pragma unroll
        for (int i = 0; i < 4; ++i)
        {
            multiply_add(acc[i], quad[i].x, w0); multiply_add(acc[i], quad[i].y, w1); multiply_add(acc[i], quad[i].z, w2); multiply_add(acc[i], quad[i].w, w3);
        }
    }
    #pragma unroll
    for (int i = 0; i < 4; ++i) *reinterpret_cast<float4*>(to + i * pitch) = acc[i];
}

// dense forward  <- Net, dense
//   y[n,o] = relu(sum(i) x[n,i] w[i,o] + b[o])
//   x f32[N,1600]  w f32[4][1600][32] panels of units  y f32[N,128]
//   GEMM N x 128 x 1600; block 256 = 16 rows x 16 units x 16 shares of the reduction, thread = 4 x 4 sums; grid N/16 x 8
//   256 threads a block, 16384 bytes of shared memory, at most 128 registers a thread
extern "C" __global__ void __launch_bounds__(256, 2)
dense_forward(const float* __restrict__ x, const float* __restrict__ weights,
              const float* __restrict__ bias, float* __restrict__ y, int batch)
{
    constexpr int IN = 1600, STRIDE = 1600, OUT = 128, PANEL = 32, ROWS = 16, UNITS = 16, SHARES = 16;
    __shared__ __align__(16) float sums[SHARES][ROWS][UNITS];
    const int thread = threadIdx.x, unit = thread % (UNITS / 4) * 4, row = thread / (UNITS / 4) % (ROWS / 4) * 4, share = thread / (ROWS * UNITS / 16);
    const int n0 = blockIdx.x / (OUT / UNITS) * ROWS, o0 = blockIdx.x % (OUT / UNITS) * UNITS;

    dense_tile<IN, STRIDE, PANEL, SHARES>(&sums[share][row][unit], UNITS, x, weights, n0 + row, o0 + unit, share, batch);
    __syncthreads();

    // epilogue: the shares in order, bias, relu
    const int n = n0 + thread / UNITS, o = o0 + thread % UNITS;
    float sum = 0;
    #pragma unroll
    for (int s = 0; s < SHARES; ++s) sum += sums[s][thread / UNITS][thread % UNITS];
    sum += bias[o];
    if (n < batch) y[(size_t)n * OUT + o] = relu(sum);
}

// dx[n..n+3][f..f+3] = dy w^T, masked where x, if given, is not positive, and there times scale; IN is a multiple of 4
template <int IN, int UNITS, int OUT, int PANEL>
__device__ __forceinline__ void dense_dgrad_tile(const float* __restrict__ dy, const float* __restrict__ weights, const float* __restrict__ x, float* __restrict__ dx, int n, int f, int batch, float scale = 1.0f)
{
    float acc[4][4] = {};
    #pragma unroll (UNITS <= 16 ? 4 : 1)
    for (int o = 0; o < UNITS; o += 4)
    {
        float4 gradients[4], w[4];
        #pragma unroll
        for (int i = 0; i < 4; ++i) gradients[i] = n + i < batch ? *reinterpret_cast<const float4*>(&dy[(size_t)(n + i) * OUT + o]) : make_float4(0, 0, 0, 0);
        #pragma unroll
        for (int j = 0; j < 4; ++j) w[j] = *reinterpret_cast<const float4*>(&weights[o / PANEL * (PANEL * IN) + (f + j) * PANEL + o % PANEL]);
        #pragma unroll
        for (int i = 0; i < 4; ++i)
            #pragma unroll
            for (int j = 0; j < 4; ++j)
                acc[i][j] = fmaf(gradients[i].w, w[j].w, fmaf(gradients[i].z, w[j].z, fmaf(gradients[i].y, w[j].y, fmaf(gradients[i].x, w[j].x, acc[i][j]))));
    }
    #pragma unroll
    for (int i = 0; i < 4; ++i)
    {
        if (n + i >= batch) continue;
        const size_t at = (size_t)(n + i) * IN + f;
        float4 result = make_float4(acc[i][0], acc[i][1], acc[i][2], acc[i][3]);
        if (x)
        {
            const float4 open = *reinterpret_cast<const float4*>(&x[at]);
            result = make_float4(open.x > 0.0f ? result.x * scale : 0.0f, open.y > 0.0f ? result.y * scale : 0.0f, open.z > 0.0f ? result.z * scale : 0.0f, open.w > 0.0f ? result.w * scale : 0.0f);
        }
        *reinterpret_cast<float4*>(&dx[at]) = result;
    }
}

// step t of Adam: the bias corrections, in double, because 1 - beta^t cancels; nothing else in this kernel reads what is written here
__device__ __forceinline__ void next_step(Step* __restrict__ step)
{
    if (step->keep_gradients) return;
    step->step += 1;
    step->beta1_power *= 0.9;
    step->beta2_power *= 0.999;
    const double correction1 = 1.0 - step->beta1_power, root2 = sqrt(1.0 - step->beta2_power);
    step->step_size = (float)(0.001 * root2 / correction1);
    step->second_moment_scale = 1.0f;
}

__device__ __forceinline__ float infinity()
{
    return __int_as_float(0x7f800000);
}

// lanes that share a row: 16 or 32 neighbours
template <int LANES>
__device__ __forceinline__ u32 row_lanes()
{
    return LANES == 32 ? 0xffffffffu : 0xffffu << (threadIdx.x & 16);
}

// sum over the row's lanes, the same in every one
template <int LANES>
__device__ __forceinline__ float row_sum(float x)
{
    #pragma unroll
    for (int offset = LANES / 2; offset > 0; offset /= 2) x += __shfl_xor_sync(row_lanes<LANES>(), x, offset);
    return x;
}

// largest value over the row's lanes and its place, of equals the lowest, the same in every one
template <int LANES>
__device__ __forceinline__ void row_largest(float& x, int& place)
{
    #pragma unroll
    for (int offset = LANES / 2; offset > 0; offset /= 2)
    {
        const float other = __shfl_xor_sync(row_lanes<LANES>(), x, offset);
        const int there = __shfl_xor_sync(row_lanes<LANES>(), place, offset);
        if (other > x || (other == x && there < place)) { x = other; place = there; }
    }
}

// head  <- Net, dense_1, softmax, CategoricalCrossentropy
//   z[n,o] = sum(i) x[n,i] w[i,o] + b[o];  output[n] = softmax(z[n])
//   loss[n] = sum(o) t[o] (log sum(j) exp z[j] - z[o]);  dz = (softmax(z) sum(t) - t) / N;  dx[n,i] = sum(o) dz[n,o] w[i,o] where x > 0
//   x f32[N,128]  w f32[1][128][16] panels of units  dz f32[N,16];  target rows t, or class indices, which stand for rows with a single one
//   block 256 = 4 samples: the reduction in 32 shares, then 16 lanes a sample, then a thread four features; grid N/4
//   256 threads a block, 8704 bytes of shared memory, at most 128 registers a thread
extern "C" __global__ void __launch_bounds__(256, 2)
head(Step* __restrict__ step, const float* __restrict__ x, const float* __restrict__ weights,
     const float* __restrict__ bias, float* __restrict__ output,
     float* __restrict__ losses, int* __restrict__ correct, float* __restrict__ dz, float* __restrict__ dx,
     int batch)
{
    constexpr int IN = 128, STRIDE = 128, CLASSES = 10, OUT = 16, PANEL = 16, ROWS = 4, UNITS = 16, SHARES = 32, LANES = 16, THREADS = 256;
    __shared__ __align__(16) float sums[SHARES][ROWS][UNITS], z[ROWS][OUT], gradients[ROWS][OUT];
    const int thread = threadIdx.x, own = thread / LANES, lane = thread % LANES, n0 = blockIdx.x * ROWS;
    if (blockIdx.x == gridDim.x - 1)
    {
        if (thread == 0 && dz) next_step(step);
        return;
    }

    const bool is_measured = losses && own < ROWS && n0 + own < batch;
    const int sample = is_measured ? sample_at(step, n0 + own) : 0;
    const float* row = losses && step->targets ? step->targets + (size_t)sample * CLASSES : nullptr;
    const int label = is_measured && !row ? step->labels[sample] : 0;

    // logits
    constexpr int o0 = 0;
    {
        if (thread < SHARES * (UNITS / 4)) dense_tile<IN, STRIDE, PANEL, SHARES>(&sums[thread / (UNITS / 4)][0][thread % (UNITS / 4) * 4], UNITS, x, weights, n0, o0 + thread % (UNITS / 4) * 4, thread / (UNITS / 4), batch);
        __syncthreads();
        for (int i = thread; i < ROWS * UNITS; i += THREADS)
        {
            float sum = 0;
            #pragma unroll
            for (int s = 0; s < SHARES; ++s) sum += sums[s][i / UNITS][i % UNITS];
            sum += bias[o0 + i % UNITS];
            z[i / UNITS][o0 + i % UNITS] = sum;
            gradients[i / UNITS][o0 + i % UNITS] = 0;       // and stays it in a row that there is no sample for
        }
        __syncthreads();
    }

    // softmax and loss: LANES lanes a sample
    const int n = n0 + own;
    if (own < ROWS && n < batch)
    {
        const float* logits = z[own];
        float largest = lane < CLASSES ? logits[lane] : -infinity();
        int best = lane;
        for (int o = lane + LANES; o < CLASSES; o += LANES)
            if (logits[o] > largest) { largest = logits[o]; best = o; }
        row_largest<LANES>(largest, best);
        float total = 0;
        for (int o = lane; o < CLASSES; o += LANES) total += expf(logits[o] - largest);
        total = row_sum<LANES>(total);
        if (output)
            for (int o = lane; o < CLASSES; o += LANES) output[(size_t)n * CLASSES + o] = expf(logits[o] - largest) / total;
        if (losses)
        {
            const float log_sum = largest + logf(total);
            float sum = log_sum - logits[label], mass = 1;
            int wanted = label;
            if (row)
            {
                float wanted_value = -infinity();
                sum = mass = 0;
                wanted = lane;
                for (int o = lane; o < CLASSES; o += LANES)
                {
                    const float t = row[o];
                    mass += t;
                    if (t != 0.0f) sum = fmaf(t, log_sum - logits[o], sum);
                    if (t > wanted_value) { wanted_value = t; wanted = o; }
                }
                sum = row_sum<LANES>(sum);
                mass = row_sum<LANES>(mass);
                row_largest<LANES>(wanted_value, wanted);
            }
            if (lane == 0)
            {
                losses[n] = sum;
                correct[n] = best == wanted;
                if (dz && !isfinite(sum)) atomicExch(&step->bad, 1);
            }
            if (dz)
            {
                const float inverse = 1.0f / batch, scale = inverse * mass / total;
                for (int o = lane; o < OUT; o += LANES)
                {
                    const float t = o >= CLASSES ? 0.0f : row ? row[o] : o == label ? 1.0f : 0.0f;
                    gradients[own][o] = dz[(size_t)n * OUT + o] = o < CLASSES ? fmaf(expf(logits[o] - largest), scale, -inverse * t) : 0.0f;
                }
            }
        }
    }

    // dx: a thread four features of all the block's samples
    if (!dz) return;
    __syncthreads();
    for (int f = 4 * thread; f < IN; f += 4 * THREADS) dense_dgrad_tile<IN, CLASSES, OUT, PANEL>(gradients[0], weights, x + (size_t)n0 * IN, dx + (size_t)n0 * IN, 0, f, batch - n0);
}

// dense dgrad  <- Net, dense
//   dx[n,i] = sum(o) dy[n,o] w[i,o]
//   dy f32[N,128]  w f32[4][1600][32]  dx f32[N,1600]
//   GEMM N x 1600 x 128; thread = 4 rows x 4 features; grid N/4 x 4
//   128 threads a block, no shared memory, at most 128 registers a thread
extern "C" __global__ void __launch_bounds__(128, 4)
dense_dgrad(const float* __restrict__ dy, const float* __restrict__ weights, float* __restrict__ dx, int batch)
{
    constexpr int IN = 1600, UNITS = 128, OUT = 128, PANEL = 32, BLOCKS = 4;
    const int n = blockIdx.x / BLOCKS * 4, f = (blockIdx.x % BLOCKS * 128 + threadIdx.x) * 4;
    if (f < IN) dense_dgrad_tile<IN, UNITS, OUT, PANEL>(dy, weights, nullptr, dx, n, f, batch);
}

// conv2d_1 wgrad  <- Net, conv2d_1
//   dw[r,s,c,k] = sum(n,p,q) x[n,p+r,q+s,c] dz[n,p,q,k]; db[k] = sum(n,p,q) dz;  dz f32[N,10,10,64] = dy at the winner of each 2x2 window, where y > 0
//   x f32[N,12,12,32] NHWC  dy f32[N,5,5,64]  partials f32[slices] of w's layout, bias_partials f32[slices][64]
//   GEMM 64 x 288 x N*25; block 288 = 32 output channels x 9 taps; grid 2 x min(N, 128) slices, image n goes to slice n % slices
//   proved away: 3 of 4 multiply-adds, whose gradient is zero; no edge guard in the reduction
//   288 threads a block, 27136 bytes of shared memory, at most 112 registers a thread
extern "C" __global__ void __launch_bounds__(288, 2)
conv2d_1_wgrad(const float* __restrict__ x,
               const float* __restrict__ dy,
               const float* __restrict__ y,
               const u8* __restrict__ arg,
               float* __restrict__ partials,
               float* __restrict__ bias_partials,
               int batch)
{
    constexpr int H = 12, W = 12, C = 32, R = 3, S = 3, K = 64, PANEL = 32, POOL_H = 2, POOL_W = 2, OUT_H = 5, OUT_W = 5;
    constexpr int CHANNELS = 32, CHUNK = 32, CHUNKS = 1, TAPS = 9, ELEMENTS = 32, UNITS = 2, THREADS = 288;
    constexpr int BAND_H = 5, BAND_W = 5, ROWS = BAND_H * POOL_H + R - 1, COLUMNS = BAND_W * POOL_W + S - 1, PITCH = 36, FLOATS = R * S * C * K;
    __shared__ __align__(16) float shared[6784];
    float* input = shared;                                             // f32[ROWS][COLUMNS][PITCH], CHUNK channels of it
    float* dz = shared + 5184;                                          // f32[BAND_H * BAND_W][CHANNELS]
    int* winners = reinterpret_cast<int*>(dz + BAND_H * BAND_W * CHANNELS);   // where in input each window's winner has its first tap
    const int thread = threadIdx.x, channel = thread % CHANNELS, unit = blockIdx.x % UNITS, slice = blockIdx.x / UNITS, slices = gridDim.x / UNITS;
    const int k0 = unit % (K / CHANNELS) * CHANNELS, c0 = unit / (K / CHANNELS) % CHUNKS * CHUNK;
    const int tap = unit / (K / CHANNELS) / CHUNKS * TAPS + thread / CHANNELS % TAPS, first = tap < R * S ? (tap / S * COLUMNS + tap % S) * PITCH : 0;

    float dw[ELEMENTS] = {};
    float db = 0;
    for (int n = slice; n < batch; n += slices)
    {
        constexpr int band_row = 0;
        constexpr int band_column = 0;
        auto shift = [](int at) { return (at / POOL_W * COLUMNS + at % POOL_W) * PITCH; };
        #pragma unroll 2
        for (int i = thread; i < BAND_H * BAND_W * (CHANNELS / 4); i += THREADS)
        {
            const int k = i % (CHANNELS / 4) * 4, row = i / (CHANNELS / 4) / BAND_W, column = i / (CHANNELS / 4) % BAND_W;
            float4 gradient = make_float4(0, 0, 0, 0);
            const int place = (row * POOL_H * COLUMNS + column * POOL_W) * PITCH;
            int4 places = make_int4(place, place, place, place);
            if (band_row + row < OUT_H && band_column + column < OUT_W)
            {
                const size_t at = (((size_t)n * OUT_H + band_row + row) * OUT_W + band_column + column) * K + k0 + k;
                gradient = *reinterpret_cast<const float4*>(&dy[at]);
                const float4 open = *reinterpret_cast<const float4*>(&y[at]);
                gradient = make_float4(open.x > 0.0f ? gradient.x : 0.0f, open.y > 0.0f ? gradient.y : 0.0f, open.z > 0.0f ? gradient.z : 0.0f, open.w > 0.0f ? gradient.w : 0.0f);
                const uchar4 winner = *reinterpret_cast<const uchar4*>(&arg[at]);
                places = make_int4(place + shift(winner.x), place + shift(winner.y), place + shift(winner.z), place + shift(winner.w));
            }
            *reinterpret_cast<float4*>(&dz[4 * i]) = gradient;
            *reinterpret_cast<int4*>(&winners[4 * i]) = places;
        }
        #pragma unroll 2
        for (int i = thread; i < ROWS * COLUMNS * (CHUNK / 4); i += THREADS)
        {
            const int h = band_row * POOL_H + i / (COLUMNS * (CHUNK / 4)), w = band_column * POOL_W + i / (CHUNK / 4) % COLUMNS, c = i % (CHUNK / 4) * 4;
            const float4 four = h < H && w < W ? *reinterpret_cast<const float4*>(&x[(((size_t)n * H + h) * W + w) * C + c0 + c]) : make_float4(0, 0, 0, 0);
            *reinterpret_cast<float4*>(&input[i / (CHUNK / 4) * PITCH + c]) = four;
        }
        __syncthreads();

        #pragma unroll 1
        for (int window = 0; window < BAND_H * BAND_W; ++window)
        {
            const float gradient = dz[window * CHANNELS + channel];
            db += gradient;
            const float* from = input + winners[window * CHANNELS + channel] + first;
            #pragma unroll
            for (int i = 0; i < ELEMENTS; i += 4)
            {
                const float4 four = *reinterpret_cast<const float4*>(from + i);
                dw[i] = fmaf(gradient, four.x, dw[i]); dw[i + 1] = fmaf(gradient, four.y, dw[i + 1]); dw[i + 2] = fmaf(gradient, four.z, dw[i + 2]); dw[i + 3] = fmaf(gradient, four.w, dw[i + 3]);
            }
        }
        __syncthreads();                // the stage is free again
    }

    // epilogue: one partial a slice
    const int k = k0 + channel;
    float* to = partials + (size_t)slice * FLOATS + k / PANEL * (PANEL * R * S * C) + k % PANEL;
    #pragma unroll
    for (int i = 0; i < ELEMENTS; ++i) to[(tap * C + c0 + i) * PANEL] = dw[i];
    if (tap == 0 && c0 == 0) bias_partials[slice * K + k] = db;
}

// conv2d_1 dgrad  <- Net, conv2d_1
//   dx[n,h,w,c] = sum(r,s,k) dz[n,h-r,w-s,k] w[r,s,c,k];  dz f32[N,10,10,64] = dy at the winner of each 2x2 window, where y > 0; it exists in shared memory only
//   dy f32[N,5,5,64]  flipped f32[1][3][3][64][32] panels of input channels  dx f32[N,12,12,32] NHWC
//   implicit GEMM N*144 x 32 x 576; block 96 = 6x12 pixels x 32 channels, thread = 6 pixels x 4 channels; grid N x 2
//   96 threads a block, 30464 bytes of shared memory, at most 255 registers a thread
extern "C" __global__ void __launch_bounds__(96, 2)
conv2d_1_dgrad(const float* __restrict__ dy,
               const float* __restrict__ y,
               const u8* __restrict__ arg,
               const float* __restrict__ flipped,
               float* __restrict__ dx)
{
    // K and C have changed places: the reduction runs over output channels, C, and the result has input channels, K
    constexpr int H = 12, W = 12, C = 64, R = 3, S = 3, K = 32, PANEL = 32, POOL_H = 1, POOL_W = 1;
    constexpr int P = 10, Q = 10, WINDOW_H = 2, WINDOW_W = 2;
    constexpr int TILE_H = 6, TILE_W = 12, TILES_H = 2, TILES_W = 1, K_TILES = 1, QUADS = 8, WINDOWS = 6, THREADS = 96;
    constexpr int PIECE_H = 1, PIECE_W = 1, POSITIONS = PIECE_H * PIECE_W, CHUNK = 64, PITCH = 68, ROWS = TILE_H * POOL_H + R - 1, COLUMNS = TILE_W * POOL_W + S - 1;
    __shared__ __align__(16) float tile[ROWS * COLUMNS * PITCH];       // input f32[ROWS][COLUMNS][PITCH], CHUNK channels of it
    const int thread = threadIdx.x, quad = thread % QUADS, column = thread / QUADS % (TILE_W / WINDOWS) * WINDOWS, row = thread / QUADS / (TILE_W / WINDOWS);
    const int n = blockIdx.x / (TILES_H * TILES_W * K_TILES), k = (blockIdx.x % K_TILES * QUADS + quad) * 4;
    const int tile_row = blockIdx.x / (K_TILES * TILES_W) % TILES_H * TILE_H, tile_column = blockIdx.x / K_TILES % TILES_W * TILE_W;

    const float* __restrict__ filter = flipped + k / PANEL * (PANEL * R * S * C) + k % PANEL;
    float4 acc[WINDOWS][POSITIONS] = {};

    {
        constexpr int c0 = 0;
        for (int i = thread; i < ROWS * COLUMNS * (CHUNK / 4); i += THREADS)
        {
            const int p = tile_row + i / (COLUMNS * (CHUNK / 4)) - (R - 1), q = tile_column + i / (CHUNK / 4) % COLUMNS - (S - 1), c = i % (CHUNK / 4) * 4;
            float4 four = make_float4(0, 0, 0, 0);
            if (0 <= p && p < P && 0 <= q && q < Q)
            {
                const size_t at = (((size_t)n * (P / WINDOW_H) + p / WINDOW_H) * (Q / WINDOW_W) + q / WINDOW_W) * C + c0 + c;
                four = *reinterpret_cast<const float4*>(&dy[at]);
                const uchar4 winner = *reinterpret_cast<const uchar4*>(&arg[at]);
                const int place = p % WINDOW_H * WINDOW_W + q % WINDOW_W;
                four = make_float4(winner.x == place ? four.x : 0.0f, winner.y == place ? four.y : 0.0f, winner.z == place ? four.z : 0.0f, winner.w == place ? four.w : 0.0f);
                const float4 open = *reinterpret_cast<const float4*>(&y[at]);
                four = make_float4(open.x > 0.0f ? four.x : 0.0f, open.y > 0.0f ? four.y : 0.0f, open.z > 0.0f ? four.z : 0.0f, open.w > 0.0f ? four.w : 0.0f);
            }
            *reinterpret_cast<float4*>(&tile[i / (CHUNK / 4) * PITCH + c]) = four;
        }
        __syncthreads();

        #pragma unroll 1
        for (int r = 0; r < R; ++r)
        {
            #pragma unroll 1
            for (int s = 0; s < S; ++s)
            {
                const float* from = tile + ((row * POOL_H + r) * COLUMNS + column * POOL_W + s) * PITCH;
                const float* w = filter + ((r * S + s) * C + c0) * PANEL;
                for (int c = 0; c < CHUNK; c += 4)
                {
                    const float4 w0 = __ldg(reinterpret_cast<const float4*>(w + c * PANEL)), w1 = __ldg(reinterpret_cast<const float4*>(w + (c + 1) * PANEL));
                    const float4 w2 = __ldg(reinterpret_cast<const float4*>(w + (c + 2) * PANEL)), w3 = __ldg(reinterpret_cast<const float4*>(w + (c + 3) * PANEL));
                    #pragma unroll
                    for (int i = 0; i < WINDOWS; ++i)
                        #pragma unroll
                        for (int j = 0; j < POSITIONS; ++j)
                        {
                            const float4 x = *reinterpret_cast<const float4*>(from + (j / PIECE_W * COLUMNS + i * POOL_W + j % PIECE_W) * PITCH + c);
                            multiply_add(acc[i][j], x.x, w0); multiply_add(acc[i][j], x.y, w1); multiply_add(acc[i][j], x.z, w2); multiply_add(acc[i][j], x.w, w3);
                        }
                }
            }
        }
    }

    // epilogue
    #pragma unroll
    for (int i = 0; i < WINDOWS; ++i)
    {
        const int h = tile_row + row, w = tile_column + column + i;
        if (h < H && w < W) *reinterpret_cast<float4*>(&dx[(((size_t)n * H + h) * W + w) * K + k]) = acc[i][0];
    }
}

// value i of the samples, which are bytes
__device__ __forceinline__ float byte_pixel(const Step* __restrict__ step, size_t i)
{
    return __ldg(static_cast<const u8*>(step->images) + i) * (1.0f / 255.0f);
}

// value i of the samples, which are floats
__device__ __forceinline__ float float_pixel(const Step* __restrict__ step, size_t i)
{
    return __ldg(static_cast<const float*>(step->images) + i);
}

// conv2d wgrad  <- Net, conv2d
//   dw[r,s,c,k] = sum(n,p,q) x[n,p+r,q+s,c] dz[n,p,q,k]; db[k] = sum(n,p,q) dz;  dz f32[N,24,24,32] = dy at the winner of each 2x2 window, where y > 0
//   x u8 or f32[N,28,28,1] out of the data set  dy f32[N,12,12,32]  partials f32[slices] of w's layout, bias_partials f32[slices][32]
//   GEMM 32 x 9 x N*144; block 256 = 32 output channels x the whole filter x 8 shares of the windows; grid 1 x min(N, 528) slices, image n goes to slice n % slices
//   proved away: 3 of 4 multiply-adds, whose gradient is zero; no edge guard in the reduction
//   256 threads a block, 39568 bytes of shared memory, at most 128 registers a thread
extern "C" __global__ void __launch_bounds__(256, 2)
conv2d_wgrad(const Step* __restrict__ step,
             const float* __restrict__ dy,
             const float* __restrict__ y,
             const u8* __restrict__ arg,
             float* __restrict__ partials,
             float* __restrict__ bias_partials,
             int batch)
{
    constexpr int H = 28, W = 28, C = 1, R = 3, S = 3, K = 32, PANEL = 32, POOL_H = 2, POOL_W = 2, OUT_H = 12, OUT_W = 12;
    constexpr int CHANNELS = 32, CHUNK = 1, CHUNKS = 1, TAPS = 1, SPLITS = 8, ELEMENTS = 9, UNITS = 1, THREADS = 256;
    constexpr int BAND_H = 12, BAND_W = 12, ROWS = BAND_H * POOL_H + R - 1, COLUMNS = BAND_W * POOL_W + S - 1, PITCH = 1, FLOATS = R * S * C * K;
    __shared__ __align__(16) float shared[9892];
    float* input = shared;                                             // f32[ROWS][COLUMNS][PITCH], CHUNK channels of it
    float* dz = shared + 676;                                          // f32[BAND_H * BAND_W][CHANNELS]
    int* winners = reinterpret_cast<int*>(dz + BAND_H * BAND_W * CHANNELS);   // where in input each window's winner has its first tap
    const int thread = threadIdx.x, channel = thread % CHANNELS, unit = blockIdx.x % UNITS, slice = blockIdx.x / UNITS, slices = gridDim.x / UNITS;
    const int k0 = unit % (K / CHANNELS) * CHANNELS, c0 = unit / (K / CHANNELS) % CHUNKS * CHUNK, split = thread / CHANNELS / TAPS;

    float dw[ELEMENTS] = {};
    float db = 0;
    for (int n = slice; n < batch; n += slices)
    {
        const int sample = sample_at(step, n);            // under way while the gradient is staged
        constexpr int band_row = 0;
        constexpr int band_column = 0;
        auto shift = [](int at) { return (at / POOL_W * COLUMNS + at % POOL_W) * PITCH; };
        #pragma unroll
        for (int i = thread; i < BAND_H * BAND_W * (CHANNELS / 4); i += THREADS)
        {
            const int k = i % (CHANNELS / 4) * 4, row = i / (CHANNELS / 4) / BAND_W, column = i / (CHANNELS / 4) % BAND_W;
            float4 gradient = make_float4(0, 0, 0, 0);
            const int place = (row * POOL_H * COLUMNS + column * POOL_W) * PITCH;
            int4 places = make_int4(place, place, place, place);
            if (band_row + row < OUT_H && band_column + column < OUT_W)
            {
                const size_t at = (((size_t)n * OUT_H + band_row + row) * OUT_W + band_column + column) * K + k0 + k;
                gradient = *reinterpret_cast<const float4*>(&dy[at]);
                const float4 open = *reinterpret_cast<const float4*>(&y[at]);
                gradient = make_float4(open.x > 0.0f ? gradient.x : 0.0f, open.y > 0.0f ? gradient.y : 0.0f, open.z > 0.0f ? gradient.z : 0.0f, open.w > 0.0f ? gradient.w : 0.0f);
                const uchar4 winner = *reinterpret_cast<const uchar4*>(&arg[at]);
                places = make_int4(place + shift(winner.x), place + shift(winner.y), place + shift(winner.z), place + shift(winner.w));
            }
            *reinterpret_cast<float4*>(&dz[4 * i]) = gradient;
            *reinterpret_cast<int4*>(&winners[4 * i]) = places;
        }
        const size_t origin = (size_t)sample * (H * W * C);
        if (step->bytes)
        {
            #pragma unroll 4
            for (int i = thread; i < ROWS * COLUMNS * CHUNK; i += THREADS)
            {
                const int h = band_row * POOL_H + i / (COLUMNS * CHUNK), w = band_column * POOL_W + i / CHUNK % COLUMNS, c = i % CHUNK;
                input[i / CHUNK * PITCH + c] = h < H && w < W ? byte_pixel(step, origin + (h * W + w) * C + c0 + c) : 0.0f;
            }
        }
        else
        {
            #pragma unroll 4
            for (int i = thread; i < ROWS * COLUMNS * CHUNK; i += THREADS)
            {
                const int h = band_row * POOL_H + i / (COLUMNS * CHUNK), w = band_column * POOL_W + i / CHUNK % COLUMNS, c = i % CHUNK;
                input[i / CHUNK * PITCH + c] = h < H && w < W ? float_pixel(step, origin + (h * W + w) * C + c0 + c) : 0.0f;
            }
        }
        __syncthreads();

        #pragma unroll 4
        for (int window = split; window < BAND_H * BAND_W; window += SPLITS)
        {
            const float gradient = dz[window * CHANNELS + channel];
            db += gradient;
            const float* from = input + winners[window * CHANNELS + channel];
            #pragma unroll
            for (int i = 0; i < ELEMENTS; ++i) dw[i] = fmaf(gradient, from[(i / (S * C) * COLUMNS + i / C % S) * PITCH + i % C], dw[i]);
        }
        __syncthreads();                // the stage is free again
    }

    // epilogue: the shares of the windows in order, then one partial a slice
    constexpr int OWNERS = CHANNELS;
    #pragma unroll
    for (int i = 0; i < ELEMENTS; ++i) shared[i * THREADS + thread] = dw[i];
    shared[ELEMENTS * THREADS + thread] = db;
    __syncthreads();
    auto total = [&](int element, int owner)
    {
        float sum = shared[element * THREADS + owner];
        #pragma unroll
        for (int other = 1; other < SPLITS; ++other) sum += shared[element * THREADS + other * OWNERS + owner];
        return sum;
    };
    for (int i = thread; i < ELEMENTS * OWNERS; i += THREADS)
    {
        const int element = i / OWNERS, k = k0 + i % CHANNELS;
        partials[(size_t)slice * FLOATS + k / PANEL * (PANEL * R * S * C) + element * PANEL + k % PANEL] = total(element, i % OWNERS);
    }
    if (thread < CHANNELS) bias_partials[slice * K + k0 + thread] = total(ELEMENTS, thread);
}

// the root of x to within two units in the last place
__device__ __forceinline__ float fast_root(float x)
{
    float root;
    asm("sqrt.approx.f32 %0, %1;" : "=f"(root) : "f"(x));
    return root;
}

// Adam (Kingma and Ba 2015, section 2): m += (1-b1)(g - m); v += (1-b2)(g^2 - v); w -= rate sqrt(1-b2^t)/(1-b1^t) m / (sqrt v + eps)
__device__ __forceinline__ float learn(const Step* __restrict__ step, float w, float g, float& m, float& v)
{
    constexpr float GAIN1 = 0.100000001f, GAIN2 = 0.00100000005f, EPSILON = 1.00000001E-07f, TINY = 1E-30f;
    m = fmaf(GAIN1, g - m, m);
    v = fmaf(GAIN2, g * g - v, v);
    m = fabsf(m) < TINY ? 0.0f : m;
    v = v < TINY ? 0.0f : v;
    return w - __fdividef(step->step_size * m, fmaf(fast_root(v), step->second_moment_scale, EPSILON));
}

// takes the step for parameter at, or keeps its gradient; returns the parameter's value
__device__ __forceinline__ float apply(const Step* __restrict__ step, int at, float g, float* __restrict__ parameters, float* __restrict__ moment1, float* __restrict__ moment2, float* __restrict__ gradients)
{
    if (step->keep_gradients) gradients[at] = g;
    else if (!step->bad) parameters[at] = learn(step, parameters[at], g, moment1[at], moment2[at]);
    return parameters[at];
}

// a block of dense: 32 features x 32 units x 4 shares of the batch
__device__ __forceinline__ void dense_update(float* __restrict__ shared, int block, const Step* __restrict__ step, const float* __restrict__ x, const float* __restrict__ dy, float* __restrict__ parameters, float* __restrict__ moment1, float* __restrict__ moment2, float* __restrict__ gradients, int batch)
{
    constexpr int IN = 1600, STRIDE = 1600, OUT = 128, PANEL = 32, FEATURES = 32, UNITS = 32, SHARES = 4, THREADS = 256, WEIGHTS = 18816, BIAS = 223616;
    float (*sums)[FEATURES][UNITS] = reinterpret_cast<float (*)[FEATURES][UNITS]>(shared);              // [SHARES]
    float (*bias_sums)[UNITS] = reinterpret_cast<float (*)[UNITS]>(shared + SHARES * FEATURES * UNITS);
    const int thread = threadIdx.x, unit = thread % (UNITS / 4) * 4, feature = thread / (UNITS / 4) % (FEATURES / 4) * 4, share = thread / (FEATURES * UNITS / 16);
    const int o0 = block % (OUT / UNITS) * UNITS, f0 = block / (OUT / UNITS) * FEATURES;

    float4 dw[4] = {};
    float4 db = make_float4(0, 0, 0, 0);
    #pragma unroll 8
    for (int n = share; n < batch; n += SHARES)
    {
        const float4 quad = *reinterpret_cast<const float4*>(&x[(size_t)n * STRIDE + f0 + feature]), gradient = *reinterpret_cast<const float4*>(&dy[(size_t)n * OUT + o0 + unit]);
        multiply_add(dw[0], quad.x, gradient); multiply_add(dw[1], quad.y, gradient); multiply_add(dw[2], quad.z, gradient); multiply_add(dw[3], quad.w, gradient);
        multiply_add(db, 1.0f, gradient);
    }
    #pragma unroll
    for (int i = 0; i < 4; ++i) *reinterpret_cast<float4*>(&sums[share][feature + i][unit]) = dw[i];
    if (feature == 0) *reinterpret_cast<float4*>(&bias_sums[share][unit]) = db;
    __syncthreads();

    // epilogue: the shares in order, the optimizer
    for (int i = thread; i < FEATURES * UNITS; i += THREADS)
    {
        const int f = f0 + i / UNITS, o = o0 + i % UNITS;
        float g = 0;
        #pragma unroll
        for (int s = 0; s < SHARES; ++s) g += sums[s][i / UNITS][i % UNITS];
        apply(step, WEIGHTS + o / PANEL * (PANEL * IN) + f * PANEL + o % PANEL, g, parameters, moment1, moment2, gradients);
    }
    if (f0 == 0 && thread < UNITS)
    {
        float g = 0;
        #pragma unroll
        for (int s = 0; s < SHARES; ++s) g += bias_sums[s][thread];
        apply(step, BIAS + o0 + thread, g, parameters, moment1, moment2, gradients);
    }
}

// a block of dense_1: 32 features x 16 units x 8 shares of the batch
__device__ __forceinline__ void dense_1_update(float* __restrict__ shared, int block, const Step* __restrict__ step, const float* __restrict__ x, const float* __restrict__ dy, float* __restrict__ parameters, float* __restrict__ moment1, float* __restrict__ moment2, float* __restrict__ gradients, int batch)
{
    constexpr int IN = 128, STRIDE = 128, OUT = 16, PANEL = 16, FEATURES = 32, UNITS = 16, SHARES = 8, THREADS = 256, WEIGHTS = 223744, BIAS = 225792;
    float (*sums)[FEATURES][UNITS] = reinterpret_cast<float (*)[FEATURES][UNITS]>(shared);              // [SHARES]
    float (*bias_sums)[UNITS] = reinterpret_cast<float (*)[UNITS]>(shared + SHARES * FEATURES * UNITS);
    const int thread = threadIdx.x, unit = thread % (UNITS / 4) * 4, feature = thread / (UNITS / 4) % (FEATURES / 4) * 4, share = thread / (FEATURES * UNITS / 16);
    const int o0 = block % (OUT / UNITS) * UNITS, f0 = block / (OUT / UNITS) * FEATURES;

    float4 dw[4] = {};
    float4 db = make_float4(0, 0, 0, 0);
    #pragma unroll 8
    for (int n = share; n < batch; n += SHARES)
    {
        const float4 quad = *reinterpret_cast<const float4*>(&x[(size_t)n * STRIDE + f0 + feature]), gradient = *reinterpret_cast<const float4*>(&dy[(size_t)n * OUT + o0 + unit]);
        multiply_add(dw[0], quad.x, gradient); multiply_add(dw[1], quad.y, gradient); multiply_add(dw[2], quad.z, gradient); multiply_add(dw[3], quad.w, gradient);
        multiply_add(db, 1.0f, gradient);
    }
    #pragma unroll
    for (int i = 0; i < 4; ++i) *reinterpret_cast<float4*>(&sums[share][feature + i][unit]) = dw[i];
    if (feature == 0) *reinterpret_cast<float4*>(&bias_sums[share][unit]) = db;
    __syncthreads();

    // epilogue: the shares in order, the optimizer
    for (int i = thread; i < FEATURES * UNITS; i += THREADS)
    {
        const int f = f0 + i / UNITS, o = o0 + i % UNITS;
        float g = 0;
        #pragma unroll
        for (int s = 0; s < SHARES; ++s) g += sums[s][i / UNITS][i % UNITS];
        apply(step, WEIGHTS + o / PANEL * (PANEL * IN) + f * PANEL + o % PANEL, g, parameters, moment1, moment2, gradients);
    }
    if (f0 == 0 && thread < UNITS)
    {
        float g = 0;
        #pragma unroll
        for (int s = 0; s < SHARES; ++s) g += bias_sums[s][thread];
        apply(step, BIAS + o0 + thread, g, parameters, moment1, moment2, gradients);
    }
}

// conv2d_1.kernel: where element i of [K/PANEL][R][S][C][PANEL] goes in [C/C_PANEL][R][S][K][C_PANEL], turned by half a circle
__device__ __forceinline__ int flip_conv2d_1_kernel(int i)
{
    constexpr int C = 32, R = 3, S = 3, K = 64, PANEL = 32, C_PANEL = 32;
    const int k = i / (PANEL * R * S * C) * PANEL + i % PANEL, c = i / PANEL % C, s = i / (PANEL * C) % S, r = i / (PANEL * C * S) % R;
    return ((c / C_PANEL * R + R - 1 - r) * S + S - 1 - s) * (K * C_PANEL) + k * C_PANEL + c % C_PANEL;
}

// a block of the parameters that have partial gradients: 64 elements x 16 shares of the slices
__device__ __forceinline__ void conv_update(float* __restrict__ shared, int block, const Step* __restrict__ step, const float* __restrict__ partials, float* __restrict__ derived, float* __restrict__ parameters, float* __restrict__ moment1, float* __restrict__ moment2, float* __restrict__ gradients, int batch)
{
    constexpr int ELEMENTS = 64, QUADS = ELEMENTS / 4, SHARES = 16;
    int at = 0, floats = 0, slices = 0, segment = 0;
    const float* from = nullptr;
    if (block < 5) { segment = 0; at = 0; floats = 288; slices = CVK_CONV2D_KERNEL_SLICES; from = partials; }
    else if (block < 6) { segment = 1; block -= 5; at = 288; floats = 32; slices = CVK_CONV2D_KERNEL_SLICES; from = partials + 152064; }
    else if (block < 294) { segment = 2; block -= 6; at = 320; floats = 18432; slices = CVK_CONV2D_1_KERNEL_SLICES; from = partials + 168960; }
    else { segment = 3; block -= 294; at = 18752; floats = 64; slices = CVK_CONV2D_1_KERNEL_SLICES; from = partials + 2528256; }

    const int element = block * ELEMENTS + threadIdx.x, quad = block * ELEMENTS + threadIdx.x % QUADS * 4, share = threadIdx.x / QUADS;
    const bool mine = threadIdx.x < ELEMENTS && element < floats;
    float w = mine ? parameters[at + element] : 0.0f, m = mine ? moment1[at + element] : 0.0f, v = mine ? moment2[at + element] : 0.0f;          // under way while the slices are summed
    slices = min(batch, slices);
    float4 four = make_float4(0, 0, 0, 0);
    if (quad < floats)
        #pragma unroll 8
        for (int slice = share; slice < slices; slice += SHARES)
        {
            const float4 part = *reinterpret_cast<const float4*>(&from[(size_t)slice * floats + quad]);
            four.x += part.x; four.y += part.y; four.z += part.z; four.w += part.w;
        }
    reinterpret_cast<float4*>(shared)[threadIdx.x] = four;
    __syncthreads();
    if (!mine) return;
    float sum = 0;
    #pragma unroll
    for (int part = 0; part < SHARES; ++part) sum += shared[part * ELEMENTS + threadIdx.x];
    if (step->keep_gradients) gradients[at + element] = sum;
    if (step->keep_gradients || step->bad) return;
    w = learn(step, w, sum, m, v);
    parameters[at + element] = w;
    moment1[at + element] = m;
    moment2[at + element] = v;
    if (segment == 2) derived[flip_conv2d_1_kernel(element)] = w;
}

// one sum a thread, in shared memory
struct Sums
{
    double loss[128];
    int correct[128];
};

// Run by one block of at least 128, behind the last reader of the order: adds the batch's losses in a fixed order, and moves on to the next batch.
__device__ __forceinline__ void finish(Sums& sums, Step* __restrict__ step, const float* __restrict__ losses, const int* __restrict__ correct, int batch)
{
    constexpr int THREADS = 128;
    const int thread = threadIdx.x;
    double loss = 0;
    int right = 0;
    for (int n = thread; n < batch; n += THREADS)
    {
        loss += losses[n];
        right += correct[n];
    }
    if (thread < THREADS)
    {
        sums.loss[thread] = loss;
        sums.correct[thread] = right;
    }
    for (int half = THREADS / 2; half > 0; half /= 2)
    {
        __syncthreads();
        if (thread < half)
        {
            sums.loss[thread] += sums.loss[thread + half];
            sums.correct[thread] += sums.correct[thread + half];
        }
    }
    if (thread != 0) return;
    if (step->bad)
    {
        if (step->failed_step == 0) step->failed_step = step->step;
        return;
    }
    step->loss_sum += sums.loss[0];
    step->correct += sums.correct[0];
    step->position += batch;
}

// update of every parameter: the sums that make its gradient, then the optimizer
//   dense_update, 200 blocks = 32 features x 32 units x 4 shares of the batch: dw[i,o] = sum(n) x[n,i] dy[n,o];  db[o] = sum(n) dy[n,o]
//     GEMM 1600 x 128 x N  x f32[N,1600]  dy f32[N,128]  w f32[4][1600][32] at 18816  b f32[128] at 223616 of the parameters
//   dense_1_update, 4 blocks = 32 features x 16 units x 8 shares of the batch: dw[i,o] = sum(n) x[n,i] dy[n,o];  db[o] = sum(n) dy[n,o]
//     GEMM 128 x 10 x N  x f32[N,128]  dy f32[N,16]  w f32[1][128][16] at 223744  b f32[16] at 225792 of the parameters
//   conv_update, 295 blocks = 64 elements x 16 shares of the slices: g = sum(slices)
//     conv2d.kernel f32[288] from f32[min(N, CVK_CONV2D_KERNEL_SLICES)][288]
//     conv2d.bias f32[32] from f32[min(N, CVK_CONV2D_KERNEL_SLICES)][32]
//     conv2d_1.kernel f32[18432] from f32[min(N, CVK_CONV2D_1_KERNEL_SLICES)][18432]; also stored flipped, for dgrad
//     conv2d_1.bias f32[64] from f32[min(N, CVK_CONV2D_1_KERNEL_SLICES)][64]
//   grid 200 + 4 + 295 + 1 blocks, the last of which ends the step
//   256 threads a block, 16896 bytes of shared memory, at most 128 registers a thread
extern "C" __global__ void __launch_bounds__(256, 2)
update(Step* __restrict__ step,
       const float* __restrict__ dense_update_x, const float* __restrict__ dense_update_dy,
       const float* __restrict__ dense_1_update_x, const float* __restrict__ dense_1_update_dy,
       const float* __restrict__ partials,
       float* __restrict__ derived, float* __restrict__ parameters, float* __restrict__ moment1, float* __restrict__ moment2, float* __restrict__ gradients,
       const float* __restrict__ losses, const int* __restrict__ correct, int batch)
{
    __shared__ __align__(16) float shared[4224];
    int block = blockIdx.x;
    if (block < 200) return dense_update(shared, block, step, dense_update_x, dense_update_dy, parameters, moment1, moment2, gradients, batch);
    block -= 200;
    if (block < 4) return dense_1_update(shared, block, step, dense_1_update_x, dense_1_update_dy, parameters, moment1, moment2, gradients, batch);
    block -= 4;
    if (block < 295) return conv_update(shared, block, step, partials, derived, parameters, moment1, moment2, gradients, batch);
    block -= 295;
    finish(*reinterpret_cast<Sums*>(shared), step, losses, correct, batch);
}

// derived layouts anew, after parameters were set from outside; grid-stride, any grid
//   256 threads a block, no shared memory, at most 64 registers a thread
extern "C" __global__ void __launch_bounds__(256, 4)
derive(const float* __restrict__ parameters, float* __restrict__ derived)
{
    const int first = blockIdx.x * blockDim.x + threadIdx.x, stride = gridDim.x * blockDim.x;
    for (int i = first; i < 18432; i += stride) derived[flip_conv2d_1_kernel(i)] = parameters[320 + i];
}

// measure: adds the losses of a forward pass to the step's sums; one block
//   128 threads a block, 1536 bytes of shared memory, at most 64 registers a thread
extern "C" __global__ void __launch_bounds__(128, 8)
measure(Step* __restrict__ step, const float* __restrict__ losses, const int* __restrict__ correct, int batch)
{
    __shared__ Sums step_sums;
    finish(step_sums, step, losses, correct, batch);
}

// half of a Feistel round: two multiplies whose high and low words are folded
__device__ __forceinline__ u32 mix(u32 half, u32 key)
{
    u64 product = (u64)(half + key) * 0xD2511F53u;
    product = (u64)((u32)(product >> 32) ^ (u32)product ^ key) * 0xCD9E8D57u;
    return (u32)(product >> 32) ^ (u32)product;
}

// a keyed bijection over [0, samples): a Feistel network over the next power of two (Luby and Rackoff 1988); what falls outside walks on (Black and Rogaway 2002)
__device__ __forceinline__ u32 permuted(const Step* __restrict__ step, u32 value)
{
    const u32 low_bits = step->low_bits, low_mask = (1u << low_bits) - 1, high_mask = (1u << step->high_bits) - 1, rounds = step->rounds;
    do
    {
        u32 low = value & low_mask, high = value >> low_bits;
        for (u32 round = 0; round < rounds; ++round)
        {
            const u32 pair = round < 6 ? round : round - 6, shift = round < 6 ? 0 : 0x9E3779B9u;
            high = (high ^ mix(low, step->keys[2 * pair] + shift)) & high_mask;
            low = (low ^ mix(high, step->keys[2 * pair + 1] + shift)) & low_mask;
        }
        value = (high << low_bits) | low;
    }
    while (value >= (u32)step->samples);
    return value;
}

// epoch_order: order[i] = place in the data set of the epoch's sample i; run before the first step of an epoch; grid-stride, any grid
//   256 threads a block, no shared memory, at most 64 registers a thread
extern "C" __global__ void __launch_bounds__(256, 4)
epoch_order(const Step* __restrict__ step)
{
    for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < step->samples; i += gridDim.x * blockDim.x) step->order[i] = permuted(step, i);
}