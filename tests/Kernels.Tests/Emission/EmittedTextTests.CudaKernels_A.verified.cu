// Net: kernels for exactly this network, in the order of a step.
// Letters: N batch; C H W input channels, height, width; R S filter height, width; P Q output height, width; K output channels; i o features in, out.
// Images are NHWC with channels padded to 16 floats by zeros; weights lie in panels of output channels, [K / panel][reduction][panel].
// Every sum has an order that depends on N only; there are no atomics on floats.

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
//   x u8 or f32[N,28,28,1] out of the data set, in the epoch's order  w f32[1][3][3][1][32] panels of output channels  y f32[N,13,13,32] NHWC  arg u8[N,13,13,32], the maximum's place in its window, of equals the first; null when predicting
//   implicit GEMM N*676 x 32 x 9; block 224 = 4x14 windows x 32 channels, thread = 2 windows of 2x2 x 4 channels; grid N x 4
//   proved away: the 26x26 map reaches no memory; no padding, so no edge guard in the reduction; channels stand in whole quads
//   224 threads a block, 1204 bytes of shared memory, at most 144 registers a thread
extern "C" __global__ void __launch_bounds__(224, 2)
conv2d_fprop(const Step* __restrict__ step,
             const float* __restrict__ weights,
             const float* __restrict__ bias,
             float* __restrict__ y,
             u8* __restrict__ arg)
{
    constexpr int H = 28, W = 28, C = 1, R = 3, S = 3, K = 32, PANEL = 32, POOL_H = 2, POOL_W = 2, OUT_H = 13, OUT_W = 13;
    constexpr int TILE_H = 4, TILE_W = 14, TILES_H = 4, TILES_W = 1, K_TILES = 1, QUADS = 8, WINDOWS = 2, THREADS = 224;
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

// dense in parts  <- Net, dense
//   parts[n,split,o] = sum(i of the split) x[n,i] w[i,o]
//   x f32[N,5408]  w f32[1][5408][16] panels of units  parts f32[N,16,16]
//   GEMM N x 10 x 5408; block 256 = 16 rows x 16 units x 16 shares of a split, thread = 4 x 4 sums; grid N/16 x 1 x 16 splits
//   256 threads a block, 16384 bytes of shared memory, at most 128 registers a thread
extern "C" __global__ void __launch_bounds__(256, 2)
dense_parts(const float* __restrict__ x, const float* __restrict__ weights, float* __restrict__ parts, int batch)
{
    constexpr int IN = 5408, STRIDE = 5408, OUT = 16, PANEL = 16, ROWS = 16, UNITS = 16, SHARES = 16, SPLITS = 16;
    __shared__ __align__(16) float sums[SHARES][ROWS][UNITS];
    const int thread = threadIdx.x, unit = thread % (UNITS / 4) * 4, row = thread / (UNITS / 4) % (ROWS / 4) * 4, share = thread / (ROWS * UNITS / 16);
    const int split = blockIdx.x % SPLITS, o0 = blockIdx.x / SPLITS % (OUT / UNITS) * UNITS, n0 = blockIdx.x / (SPLITS * (OUT / UNITS)) * ROWS;

    dense_tile<IN, STRIDE, PANEL, SHARES * SPLITS>(&sums[share][row][unit], UNITS, x, weights, n0 + row, o0 + unit, split * SHARES + share, batch);
    __syncthreads();

    const int n = n0 + thread / UNITS, o = o0 + thread % UNITS;
    float sum = 0;
    #pragma unroll
    for (int s = 0; s < SHARES; ++s) sum += sums[s][thread / UNITS][thread % UNITS];
    if (n < batch) parts[((size_t)n * SPLITS + split) * OUT + o] = sum;
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

// head  <- Net, dense, softmax, CategoricalCrossentropy
//   z[n,o] = sum(split) parts[n,split,o] + b[o];  output[n] = softmax(z[n])
//   loss[n] = sum(o) t[o] (log sum(j) exp z[j] - z[o]);  dz = (softmax(z) sum(t) - t) / N
//   parts f32[N,16,16]  dz f32[N,16];  target rows t, or class indices, which stand for rows with a single one; block 256 = 16 samples, 16 lanes each; grid N/16
//   256 threads a block, 1024 bytes of shared memory, at most 64 registers a thread
extern "C" __global__ void __launch_bounds__(256, 4)
head(Step* __restrict__ step, const float* __restrict__ parts, const float* __restrict__ bias, float* __restrict__ output,
     float* __restrict__ losses, int* __restrict__ correct, float* __restrict__ dz,
     int batch)
{
    constexpr int CLASSES = 10, OUT = 16, ROWS = 16, LANES = 16, SPLITS = 16;
    __shared__ float z[ROWS][OUT];
    const int thread = threadIdx.x, lane = thread % LANES, n = blockIdx.x * ROWS + thread / LANES;
    if (blockIdx.x == gridDim.x - 1)
    {
        if (thread == 0 && dz) next_step(step);
        return;
    }

    const bool is_measured = losses && n < batch;
    const int sample = is_measured ? sample_at(step, n) : 0;
    const float* row = losses && step->targets ? step->targets + (size_t)sample * CLASSES : nullptr;
    const int label = is_measured && !row ? step->labels[sample] : 0;
    if (n < batch && lane < OUT)
    {
        float sum = bias[lane];
        #pragma unroll
        for (int split = 0; split < SPLITS; ++split) sum += parts[((size_t)n * SPLITS + split) * OUT + lane];
        z[thread / LANES][lane] = sum;
    }
    __syncwarp();
    if (n < batch)
    {
        const float* logits = z[thread / LANES];
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
                    dz[(size_t)n * OUT + o] = o < CLASSES ? fmaf(expf(logits[o] - largest), scale, -inverse * t) : 0.0f;
                }
            }
        }
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

// dense and conv2d backward  <- Net, dense and conv2d
//   dense: dw[i,o] = sum(n) y[n,i] dz[n,o]; db[o] = sum(n) dz[n,o], then the optimizer;  dx[n,i] = sum(o) dz[n,o] w[i,o], of w before the step
//   conv2d: dw[r,s,c,k] = sum(n,p,q) x[n,p+r,q+s,c] g[n,p,q,k]; db[k] = sum(n,p,q) g;  g f32[N,26,26,32] = dx at the winner of each 2x2 window, where y > 0
//   x u8 or f32[N,28,28,1] out of the data set  y f32[N,13,13,32] = f32[N,5408]  dz f32[N,16]  w f32[5408][16]  partials f32[132] of the filter's layout
//   block 512 = 41 features x 12 shares of the images, in chunks of 128; grid 132
//   proved away: dx reaches no memory; 3 of 4 multiply-adds of the filter, whose gradient is zero
//   512 threads a block, 41328 bytes of shared memory, at most 128 registers a thread
extern "C" __global__ void __launch_bounds__(512, 1)
dense_conv2d_backward(const Step* __restrict__ step, const float* __restrict__ dz, const float* __restrict__ y, const u8* __restrict__ arg,
                      float* __restrict__ partials, float* __restrict__ bias_partials, float* __restrict__ parameters, float* __restrict__ moment1, float* __restrict__ moment2, float* __restrict__ gradients,
                      int batch)
{
    constexpr int IN = 5408, CLASSES = 10, OUT = 16, WEIGHTS = 320, BIAS = 86848;
    constexpr int H = 28, W = 28, C = 1, R = 3, S = 3, K = 32, PANEL = 32, POOL_H = 2, POOL_W = 2, OUT_W = 13;
    constexpr int FEATURES = 41, SHARES = 12, THREADS = 512, CHUNK = 128, TURNS = (CHUNK + SHARES - 1) / SHARES, QUADS = 3;
    constexpr int WINDOWS = 3, PATCH_H = 4, PATCH_W = 4, PATCH_ROW = PATCH_W * C, PATCH = PATCH_H * PATCH_ROW, PATCH_TURNS = 3, ELEMENTS = R * S * C, SUMS = 21, PITCH = 41;
    __shared__ __align__(16) float shared[10332];
    float4* staged = reinterpret_cast<float4*>(shared);           // dz of a chunk of images [CHUNK][QUADS]
    float* patches = shared + CHUNK * QUADS * 4;                  // the pixels under the block's windows [CHUNK][WINDOWS][PATCH]
    const int thread = threadIdx.x, f0 = blockIdx.x * FEATURES, features = min(FEATURES, IN - f0), share = thread / FEATURES, feature = thread % FEATURES, f = f0 + feature, window0 = f0 / K;
    const bool works = feature < features && share < SHARES;

    float row[4 * QUADS];           // the weights of the thread's feature
    #pragma unroll
    for (int quad = 0; quad < QUADS; ++quad) *reinterpret_cast<float4*>(&row[4 * quad]) = works ? *reinterpret_cast<const float4*>(&parameters[WEIGHTS + f * OUT + 4 * quad]) : make_float4(0, 0, 0, 0);
    float dw[CLASSES] = {}, filter[ELEMENTS] = {}, db = 0, filter_db = 0;
    for (int first = 0; first < batch; first += CHUNK)
    {
        const int images = min(CHUNK, batch - first);

        // loads that wait for each other begin first: the places of pixels, then features, then pixels
        int samples[PATCH_TURNS];
        #pragma unroll
        for (int turn = 0; turn < PATCH_TURNS; ++turn) samples[turn] = sample_at(step, first + min((turn * THREADS + thread) / (WINDOWS * PATCH_H), images - 1));
        const size_t origin = (size_t)(first + share) * IN + f;
        float values[TURNS];
        int winners[TURNS];
        #pragma unroll
        for (int turn = 0; turn < TURNS; ++turn)
        {
            const bool exists = works && turn * SHARES + share < images;
            values[turn] = exists ? y[origin + turn * (SHARES * IN)] : 0.0f;
            winners[turn] = exists ? arg[origin + turn * (SHARES * IN)] : 0;
        }
        if (step->bytes)
        {
            #pragma unroll
            for (int turn = 0; turn < PATCH_TURNS; ++turn)
            {
                const int i = turn * THREADS + thread, image = i / (WINDOWS * PATCH_H), sample = samples[turn], window = window0 + i / PATCH_H % WINDOWS;
                const int h = window / OUT_W * POOL_H + i % PATCH_H, w = window % OUT_W * POOL_W;
                const bool exists = image < images && window < IN / K && h < H;
                const size_t from = (size_t)sample * (H * W * C) + (h * W + w) * C;
                float pixels[PATCH_ROW];
                #pragma unroll
                for (int j = 0; j < PATCH_ROW; j += 2)
                {
                    const uchar2 two = exists ? __ldg(reinterpret_cast<const uchar2*>(static_cast<const u8*>(step->images) + from + j)) : make_uchar2(0, 0);
                    pixels[j] = two.x * (1.0f / 255.0f);
                    pixels[j + 1] = two.y * (1.0f / 255.0f);
                }
                if (image >= images) continue;
                #pragma unroll
                for (int j = 0; j < PATCH_ROW; ++j) patches[i * PATCH_ROW + j] = pixels[j];
            }
        }
        else
        {
            #pragma unroll
            for (int turn = 0; turn < PATCH_TURNS; ++turn)
            {
                const int i = turn * THREADS + thread, image = i / (WINDOWS * PATCH_H), sample = samples[turn], window = window0 + i / PATCH_H % WINDOWS;
                const int h = window / OUT_W * POOL_H + i % PATCH_H, w = window % OUT_W * POOL_W;
                const bool exists = image < images && window < IN / K && h < H;
                const size_t from = (size_t)sample * (H * W * C) + (h * W + w) * C;
                float pixels[PATCH_ROW];
                #pragma unroll
                for (int j = 0; j < PATCH_ROW; ++j) pixels[j] = exists ? float_pixel(step, from + j) : 0.0f;
                if (image >= images) continue;
                #pragma unroll
                for (int j = 0; j < PATCH_ROW; ++j) patches[i * PATCH_ROW + j] = pixels[j];
            }
        }
        for (int i = thread; i < images * QUADS; i += THREADS) staged[i] = *reinterpret_cast<const float4*>(&dz[(size_t)(first + i / QUADS) * OUT + i % QUADS * 4]);
        __syncthreads();

        #pragma unroll
        for (int turn = 0; turn < TURNS; ++turn)
        {
            const int i = turn * SHARES + share;
            if (!works || i >= images) continue;
            float gradient = 0;
            #pragma unroll
            for (int quad = 0; quad < QUADS; ++quad)
            {
                const float4 four = staged[i * QUADS + quad];
                const float dz4[4] = { four.x, four.y, four.z, four.w };
                #pragma unroll
                for (int o = 4 * quad; o < min(4 * quad + 4, CLASSES); ++o)
                {
                    gradient = fmaf(dz4[o % 4], row[o], gradient);
                    dw[o] = fmaf(values[turn], dz4[o % 4], dw[o]);
                }
            }
            if (f < CLASSES) db += shared[i * (4 * QUADS) + f];
            gradient = values[turn] > 0.0f ? gradient : 0.0f;
            filter_db += gradient;
            const float* from = patches + (i * WINDOWS + f / K - window0) * PATCH + winners[turn] / POOL_W * PATCH_ROW + winners[turn] % POOL_W * C;
            #pragma unroll
            for (int e = 0; e < ELEMENTS; ++e) filter[e] = fmaf(gradient, from[e / (S * C) * PATCH_ROW + e % (S * C)], filter[e]);
        }
        __syncthreads();            // the chunk's place is free again
    }

    // the weights that the thread will learn, with their moments: under way while the shares are exchanged
    constexpr int MINE = (FEATURES * OUT + THREADS - 1) / THREADS;
    const bool learns = !step->keep_gradients && !step->bad;
    float w[MINE], m[MINE], v[MINE];
    #pragma unroll
    for (int i = 0; i < MINE; ++i)
    {
        const int own = i * THREADS + thread, at = WEIGHTS + f0 * OUT + own;
        const bool exists = own < features * OUT;
        w[i] = exists ? parameters[at] : 0.0f;
        m[i] = exists ? moment1[at] : 0.0f;
        v[i] = exists ? moment2[at] : 0.0f;
    }

    // the shares in order: sums of the dense layer's weights, of the filter, of both biases
    float* mine = shared + share * (SUMS * PITCH) + feature;
    if (share < SHARES)
    {
        #pragma unroll
        for (int o = 0; o < CLASSES; ++o) mine[o * PITCH] = dw[o];
        #pragma unroll
        for (int e = 0; e < ELEMENTS; ++e) mine[(CLASSES + e) * PITCH] = filter[e];
        mine[(CLASSES + ELEMENTS) * PITCH] = filter_db;
        mine[(CLASSES + ELEMENTS + 1) * PITCH] = db;
    }
    __syncthreads();
    auto total = [&](int sum, int feature)
    {
        float all = shared[sum * PITCH + feature];
        #pragma unroll
        for (int other = 1; other < SHARES; ++other) all += shared[(other * SUMS + sum) * PITCH + feature];
        return all;
    };

    // the filter's partial: output channel k is that of every K-th feature
    for (int i = thread; i < (ELEMENTS + 1) * K; i += THREADS)
    {
        const int element = i / K, k = i % K;
        float sum = 0;
        for (int own = (k + K - f0 % K) % K; own < features; own += K) sum += total(CLASSES + element, own);
        if (element == ELEMENTS) bias_partials[blockIdx.x * K + k] = sum;
        else partials[(size_t)blockIdx.x * (ELEMENTS * K) + k / PANEL * (PANEL * ELEMENTS) + element * PANEL + k % PANEL] = sum;
    }

    // the dense layer's weights
    #pragma unroll
    for (int i = 0; i < MINE; ++i)
    {
        const int own = i * THREADS + thread, at = WEIGHTS + f0 * OUT + own, o = own % OUT;
        if (own >= features * OUT || o >= CLASSES) continue;
        const float g = total(o, own / OUT);
        if (step->keep_gradients) gradients[at] = g;
        if (!learns) continue;
        parameters[at] = learn(step, w[i], g, m[i], v[i]);
        moment1[at] = m[i];
        moment2[at] = v[i];
    }
    if (f0 == 0 && thread < CLASSES) apply(step, BIAS + thread, total(CLASSES + ELEMENTS + 1, thread), parameters, moment1, moment2, gradients);
}

// a block of the parameters that have partial gradients: 64 elements x 16 shares of the slices
__device__ __forceinline__ void conv_update(float* __restrict__ shared, int block, const Step* __restrict__ step, const float* __restrict__ partials, float* __restrict__ derived, float* __restrict__ parameters, float* __restrict__ moment1, float* __restrict__ moment2, float* __restrict__ gradients, int batch)
{
    constexpr int ELEMENTS = 64, QUADS = ELEMENTS / 4, SHARES = 16;
    int at = 0, floats = 0, slices = 0;
    const float* from = nullptr;
    if (block < 5) { at = 0; floats = 288; slices = 132; from = partials; }
    else { block -= 5; at = 288; floats = 32; slices = 132; from = partials + 38016; }

    const int element = block * ELEMENTS + threadIdx.x, quad = block * ELEMENTS + threadIdx.x % QUADS * 4, share = threadIdx.x / QUADS;
    const bool mine = threadIdx.x < ELEMENTS && element < floats;
    float w = mine ? parameters[at + element] : 0.0f, m = mine ? moment1[at + element] : 0.0f, v = mine ? moment2[at + element] : 0.0f;          // under way while the slices are summed

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
//   conv_update, 6 blocks = 64 elements x 16 shares of the slices: g = sum(slices)
//     conv2d.kernel f32[288] from f32[132][288]
//     conv2d.bias f32[32] from f32[132][32]
//   grid 6 + 1 blocks, the last of which ends the step
//   256 threads a block, 4096 bytes of shared memory, at most 128 registers a thread
extern "C" __global__ void __launch_bounds__(256, 2)
update(Step* __restrict__ step,
       const float* __restrict__ partials,
       float* __restrict__ derived, float* __restrict__ parameters, float* __restrict__ moment1, float* __restrict__ moment2, float* __restrict__ gradients,
       const float* __restrict__ losses, const int* __restrict__ correct, int batch)
{
    __shared__ __align__(16) float shared[1024];
    int block = blockIdx.x;
    if (block < 6) return conv_update(shared, block, step, partials, derived, parameters, moment1, moment2, gradients, batch);
    block -= 6;
    finish(*reinterpret_cast<Sums*>(shared), step, losses, correct, batch);
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