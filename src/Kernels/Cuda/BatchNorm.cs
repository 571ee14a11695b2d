using Convoke.Kernels.Models;
using Convoke.Kernels.Scheduling;

namespace Convoke.Kernels.Cuda;

/// <summary>
/// Statistics of a batch normalization and their gradients' sums: partials of a slice of the images each, then one small kernel that merges these in order.
/// What is computed of each element with them is a <see cref="PointwiseGroup"/>. Statistics of what a convolution stores are <see cref="TileMoments"/>.
/// </summary>
/// <param name="Extent">Form of the map.</param>
public sealed partial record BatchNorm(ValueStorage Extent)
{
    private const int Threads = 256, WantedBlocks = 264, MaxSlices = 128, MinElements = 4;

    /// <summary>Quads of channels of a block of the first kernel.</summary>
    private int Quads => Extent.Stored % 32 == 0 ? 8 : 4;

    /// <summary>Channels of a block of the second.</summary>
    private int Channels => 4 * Quads;

    private int Shares => Threads / Quads;

    private int Units => Extent.Stored / Channels;

    private int Pixels => Extent.Rows * Extent.Columns;

    /// <summary>Most slices.</summary>
    private int Slices => Math.Max(1, Math.Min(MaxSlices, WantedBlocks / Units));

    /// <summary>Images without which a slice is not worth it: a thread then has a few elements.</summary>
    private int Images => Math.Max(1, MinElements * Shares / Pixels);

    /// <summary>Floats of all partials, f32[Slices][2][K].</summary>
    public int PartialFloats => Slices * 2 * Extent.Stored;

    /// <summary>Floats of the vectors of a normalization, in the order of <see cref="NormVector"/>.</summary>
    public static int VectorFloats(int stored) => stored * 8;

    /// <summary>Grid of the kernels that make partials.</summary>
    public CudaGrid PartialGrid => new(0, Units, Images, Slices);

    /// <summary>Grid of the kernels that merge them.</summary>
    public CudaGrid MergeGrid => CudaGrid.Of(Units);

    private string PartialConstants => $"constexpr int PIXELS = {Pixels}, K = {Extent.Stored}, QUADS = {Quads}, SHARES = {Shares}, UNITS = {Units};";

    private string MergeConstants => $"constexpr int PIXELS = {Pixels}, K = {Extent.Stored}, CHANNELS = {Channels}, SHARES = {Threads / Channels};";

    /// <summary>How a slice's elements fall to threads; the same in both passes over them.</summary>
    private static string Loop(string body, int unroll = 4) => $$"""
        #pragma unroll {{unroll}}
        for (int element = share; element < count; element += SHARES)
        {
            const size_t at = ((size_t)(slice + element / PIXELS * slices) * PIXELS + element % PIXELS) * K + k;
            {{body.Replace("\n", "\n    ")}}
        }
        """;

    private const string Place = """
        __shared__ float4 shared[SHARES][QUADS];
        const int quad = threadIdx.x % QUADS, share = threadIdx.x / QUADS, unit = blockIdx.x % UNITS, slice = blockIdx.x / UNITS, slices = gridDim.x / UNITS, k = (unit * QUADS + quad) * 4;
        const int count = (batch - slice + slices - 1) / slices * PIXELS;
        """;

    private static void EmitHelpers(CudaWriter writer)
    {
        writer.Helper("add", Rearrange.Add);
        writer.Helper("sum_of_shares", """
            // the sum of all shares' values, in a fixed order, for every thread; shared memory is free again
            template <int SHARES, int QUADS>
            __device__ __forceinline__ float4 sum_of_shares(float4 (&shared)[SHARES][QUADS], const float4& value, int share, int quad)
            {
                shared[share][quad] = value;
                for (int half = SHARES / 2; half > 0; half /= 2)
                {
                    __syncthreads();
                    if (share < half) add(shared[share][quad], shared[share + half][quad]);
                }
                __syncthreads();
                const float4 sum = shared[0][quad];
                __syncthreads();
                return sum;
            }
            """);
    }

    private static void EmitMergeHelpers(CudaWriter writer) => writer.Helper("sum_of_parts", """
        // the sum of all shares' values, in a fixed order, for every thread; shared memory is free again
        template <int SHARES, int CHANNELS>
        __device__ __forceinline__ float sum_of_parts(float (&shared)[SHARES][CHANNELS], float value, int share, int channel)
        {
            shared[share][channel] = value;
            __syncthreads();
            float sum = 0;
            #pragma unroll
            for (int i = 0; i < SHARES; ++i) sum += shared[i][channel];
            __syncthreads();
            return sum;
        }
        """);

    /// <summary>Emits the partial moments of a map.</summary>
    public CudaKernel EmitMoments(CudaWriter writer, string name, string layer, BatchMomentsGroup group)
    {
        EmitHelpers(writer);
        var kernel = new CudaKernel(name, Threads, 4, 16 * Threads);
        using (writer.Kernel(kernel, $"""
            // {group.Name} moments  <- {layer}
            //   of each channel of a slice: mean = sum(n,p,q) x / count;  squares = sum(n,p,q) (x - mean)^2, corrected by what rounding left in sum (x - mean) (Chan, Golub and LeVeque 1983, eq. 1.7)
            //   x {CudaWriter.MapText(Extent)} NHWC  partials f32[slices][2][{Extent.Stored}] = mean, squares
            //   block {Threads} = {Quads} quads of channels x {Shares} shares of the elements; grid {Units} x min(N/{Images}, {Slices}) slices, image n goes to slice n % slices
            """, "const float* __restrict__ x, float* __restrict__ partials, int batch"))
        {
            writer.Code.Line($$"""
                {{PartialConstants}}
                {{Place}}

                float4 sum = make_float4(0, 0, 0, 0);
                {{Loop("add(sum, *reinterpret_cast<const float4*>(&x[at]));")}}
                sum = sum_of_shares(shared, sum, share, quad);
                const float inverse = 1.0f / count;
                float4 mean = make_float4(sum.x * inverse, sum.y * inverse, sum.z * inverse, sum.w * inverse);

                // again, around the mean: no cancellation, whatever it is
                float4 rest = make_float4(0, 0, 0, 0), squares = make_float4(0, 0, 0, 0);
                {{Loop("""
                    const float4 four = *reinterpret_cast<const float4*>(&x[at]), d = make_float4(four.x - mean.x, four.y - mean.y, four.z - mean.z, four.w - mean.w);
                    add(rest, d);
                    squares = make_float4(fmaf(d.x, d.x, squares.x), fmaf(d.y, d.y, squares.y), fmaf(d.z, d.z, squares.z), fmaf(d.w, d.w, squares.w));
                    """)}}
                rest = sum_of_shares(shared, rest, share, quad);
                squares = sum_of_shares(shared, squares, share, quad);
                if (share != 0) return;
                const float4 shift = make_float4(rest.x * inverse, rest.y * inverse, rest.z * inverse, rest.w * inverse);
                add(mean, shift);
                squares = make_float4(fmaf(-rest.x, shift.x, squares.x), fmaf(-rest.y, shift.y, squares.y), fmaf(-rest.z, shift.z, squares.z), fmaf(-rest.w, shift.w, squares.w));
                *reinterpret_cast<float4*>(&partials[(size_t)slice * (2 * K) + k]) = mean;
                *reinterpret_cast<float4*>(&partials[(size_t)slice * (2 * K) + K + k]) = squares;
                """);
        }

        return kernel;
    }

    /// <summary>Emits what merges them into the batch's mean, variance and scale.</summary>
    public CudaKernel EmitStatistics(CudaWriter writer, string name, string layer, BatchMomentsGroup group)
    {
        EmitMergeHelpers(writer);
        var kernel = new CudaKernel(name, Threads, 4, 4 * Threads);
        using (writer.Kernel(kernel, $"""
            // {group.Name} statistics  <- {layer}
            //   mean, variance = squares / m and scale = gamma / sqrt(variance + epsilon) of each channel over the batch, m = N * {Pixels}
            //   squares = sum(slices) squares + count (mean of the slice - mean)^2 (Chan, Golub and LeVeque 1979)
            //   partials f32[slices][2][{Extent.Stored}]  gamma f32[{Extent.Stored}]  norm f32[8][{Extent.Stored}]; block {Threads} = {Channels} channels x {Threads / Channels} shares of the slices; grid {Units}
            """, "const float* __restrict__ partials, const float* __restrict__ gamma, float* __restrict__ norm, int batch"))
        {
            writer.Code.Line($$"""
                {{MergeConstants}}
                constexpr float EPSILON = {{CudaWriter.Literal(group.Parameters.Epsilon)}};
                __shared__ float shared[SHARES][CHANNELS];
                const int channel = threadIdx.x % CHANNELS, share = threadIdx.x / CHANNELS, k = blockIdx.x * CHANNELS + channel, slices = min((batch + {{Images - 1}}) / {{Images}}, {{Slices}});
                const float inverse = 1.0f / ((float)batch * PIXELS), origin = partials[k];

                // means relative to the first one, which is near
                float sum = 0;
                for (int slice = share; slice < slices; slice += SHARES)
                    sum = fmaf((batch - slice + slices - 1) / slices * PIXELS, partials[slice * (2 * K) + k] - origin, sum);
                const float mean = origin + sum_of_parts(shared, sum, share, channel) * inverse;
                float squares = 0;
                for (int slice = share; slice < slices; slice += SHARES)
                {
                    const float d = partials[slice * (2 * K) + k] - mean;
                    squares += fmaf((batch - slice + slices - 1) / slices * PIXELS * d, d, partials[slice * (2 * K) + K + k]);
                }
                squares = sum_of_parts(shared, squares, share, channel);
                if (share != 0) return;
                const float variance = squares * inverse;
                norm[{{At(NormVector.Mean)}}] = mean;
                norm[{{At(NormVector.Variance)}}] = variance;
                norm[{{At(NormVector.Scale)}}] = gamma[k] / sqrtf(variance + EPSILON);
                """);
        }

        return kernel;
    }

    /// <summary>Index of channel k of a vector.</summary>
    public static string At(NormVector vector) => vector == 0 ? "k" : (int)vector == 1 ? "K + k" : $"{(int)vector} * K + k";
}
