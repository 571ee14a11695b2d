using Convoke.Kernels.Scheduling;

namespace Convoke.Kernels.Cuda;

/// <summary>The sums over the batch that the gradient of a normalization needs.</summary>
public sealed partial record BatchNorm
{
    /// <summary>Emits the partial sums of the gradient.</summary>
    public CudaKernel EmitSums(CudaWriter writer, string name, string layer, BatchNormSumsGroup group)
    {
        EmitHelpers(writer);
        var kernel = new CudaKernel(name, Threads, 4, 16 * Threads);
        using (writer.Kernel(kernel, $"""
            // {group.Name} gradient sums  <- {layer}
            //   of each channel of a slice: sum(n,p,q) dy and sum(n,p,q) dy (x - mean)
            //   dy, x {CudaWriter.MapText(Extent)} NHWC  norm f32[8][{Extent.Stored}]  partials f32[slices][2][{Extent.Stored}]
            //   block {Threads} = {Quads} quads of channels x {Shares} shares of the elements; grid {Units} x min(N/{Images}, {Slices}) slices, image n goes to slice n % slices
            """, "const float* __restrict__ dy, const float* __restrict__ x, const float* __restrict__ norm, float* __restrict__ partials, int batch"))
        {
            writer.Code.Line($$"""
                {{PartialConstants}}
                {{Place}}
                const float4 mean = *reinterpret_cast<const float4*>(&norm[{{At(NormVector.Mean)}}]);

                float4 sum = make_float4(0, 0, 0, 0), slope = make_float4(0, 0, 0, 0);
                {{Loop("""
                    const float4 four = *reinterpret_cast<const float4*>(&x[at]), gradient = *reinterpret_cast<const float4*>(&dy[at]);
                    add(sum, gradient);
                    slope = make_float4(fmaf(gradient.x, four.x - mean.x, slope.x), fmaf(gradient.y, four.y - mean.y, slope.y), fmaf(gradient.z, four.z - mean.z, slope.z), fmaf(gradient.w, four.w - mean.w, slope.w));
                    """)}}
                sum = sum_of_shares(shared, sum, share, quad);
                slope = sum_of_shares(shared, slope, share, quad);
                if (share != 0) return;
                *reinterpret_cast<float4*>(&partials[(size_t)slice * (2 * K) + k]) = sum;
                *reinterpret_cast<float4*>(&partials[(size_t)slice * (2 * K) + K + k]) = slope;
                """);
        }

        return kernel;
    }

    /// <summary>Emits an elementwise kernel whose result is the gradient that a normalization sums, with the sums: the gradient is in registers.</summary>
    /// <param name="writer">The writer.</param>
    /// <param name="name">The kernel's name.</param>
    /// <param name="layer">The model's member, for the comment.</param>
    /// <param name="maker">What makes the gradient.</param>
    /// <param name="group">The sums.</param>
    public CudaKernel EmitMadeSums(CudaWriter writer, string name, string layer, PointwiseGroup maker, BatchNormSumsGroup group)
    {
        EmitHelpers(writer);
        var kernel = new CudaKernel(name, Threads, 2, 16 * Threads);
        string names = string.Join(", ", maker.Vectors.Select(static v => v.Name));
        using (writer.Kernel(kernel, $"""
            // {maker.Name} {PointwiseKernel.Words(maker.Role)}, {group.Name} gradient sums  <- {layer}
            //   {maker.Body.Comment}; of each channel of a slice: sum(n,p,q) y and sum(n,p,q) y (x - mean)
            //   {string.Join(", ", maker.Maps.Select(static (_, i) => $"x{i}"))}, x and y {CudaWriter.MapText(Extent)} NHWC  {(names.Length > 0 ? $"{names} f32[{Extent.Stored}], one of each channel  " : "")}norm f32[8][{Extent.Stored}]  partials f32[slices][2][{Extent.Stored}]
            //   block {Threads} = {Quads} quads of channels x {Shares} shares of the elements; grid {Units} x min(N/{Images}, {Slices}) slices, image n goes to slice n % slices
            """, [.. PointwiseKernel.Pointers(maker), "float* __restrict__ y_at", "const float* __restrict__ x, const float* __restrict__ norm, float* __restrict__ partials, int batch"]))
        {
            writer.Code.Line($"{PartialConstants}{(PointwiseKernel.Pads(maker) ? $"\nconstexpr int CHANNELS = {Extent.Channels};" : "")}");
            writer.Code.Line(Place);
            PointwiseKernel.EmitFunction(writer.Code, maker);
            writer.Code.Line($$"""
                const float4 center = *reinterpret_cast<const float4*>(&norm[{{At(NormVector.Mean)}}]);
                {{PointwiseKernel.LoadVectors(maker)}}

                float4 total = make_float4(0, 0, 0, 0), tilt = make_float4(0, 0, 0, 0);
                {{Loop($"""
                    {PointwiseKernel.LoadMaps(maker).Replace("\n", "\n                    ")}
                    const float4 four = *reinterpret_cast<const float4*>(&x[at]);
                    {PointwiseKernel.Store(maker).Replace("\n", "\n                    ")}
                    add(total, y);
                    tilt = make_float4(fmaf(y.x, four.x - center.x, tilt.x), fmaf(y.y, four.y - center.y, tilt.y), fmaf(y.z, four.z - center.z, tilt.z), fmaf(y.w, four.w - center.w, tilt.w));
                    """.Replace("\n                    ", "\n"), maker.Maps.Count > 2 ? 2 : 4)}}
                total = sum_of_shares(shared, total, share, quad);
                tilt = sum_of_shares(shared, tilt, share, quad);
                if (share != 0) return;
                *reinterpret_cast<float4*>(&partials[(size_t)slice * (2 * K) + k]) = total;
                *reinterpret_cast<float4*>(&partials[(size_t)slice * (2 * K) + K + k]) = tilt;
                """);
        }

        return kernel;
    }

    /// <summary>Emits what merges them into the vectors that the input's gradient needs, and the gradients of gamma and beta.</summary>
    public CudaKernel EmitGradients(CudaWriter writer, string name, string layer, BatchNormSumsGroup group)
    {
        EmitMergeHelpers(writer);
        var kernel = new CudaKernel(name, Threads, 4, 4 * Threads);
        using (writer.Kernel(kernel, $"""
            // {group.Name} gradients  <- {layer}
            //   r = 1 / sqrt(variance + epsilon), m = N * {Pixels}: of each channel over the batch sum(dy) / m, r^2 sum(dy (x - mean)) / m, and the gradients of gamma, r sum(dy (x - mean)), and beta, sum(dy)
            //   partials f32[slices][2][{Extent.Stored}]  norm f32[8][{Extent.Stored}]; block {Threads} = {Channels} channels x {Threads / Channels} shares of the slices; grid {Units}
            """, "const float* __restrict__ partials, float* __restrict__ norm, int batch"))
        {
            writer.Code.Line($$"""
                {{MergeConstants}}
                constexpr float EPSILON = {{CudaWriter.Literal(group.Parameters.Epsilon)}};
                __shared__ float shared[SHARES][CHANNELS];
                const int channel = threadIdx.x % CHANNELS, share = threadIdx.x / CHANNELS, k = blockIdx.x * CHANNELS + channel, slices = min((batch + {{Images - 1}}) / {{Images}}, {{Slices}});
                float sum = 0, slope = 0;
                for (int slice = share; slice < slices; slice += SHARES)
                {
                    sum += partials[slice * (2 * K) + k];
                    slope += partials[slice * (2 * K) + K + k];
                }
                sum = sum_of_parts(shared, sum, share, channel);
                slope = sum_of_parts(shared, slope, share, channel);
                if (share != 0) return;
                const float inverse = 1.0f / ((float)batch * PIXELS), r = 1.0f / sqrtf(norm[{{At(NormVector.Variance)}}] + EPSILON);
                norm[{{At(NormVector.GradMean)}}] = sum * inverse;
                norm[{{At(NormVector.GradSlope)}}] = r * r * slope * inverse;
                norm[{{At(NormVector.GammaGrad)}}] = r * slope;
                norm[{{At(NormVector.BetaGrad)}}] = sum;
                """);
        }

        return kernel;
    }
}
