using Convoke.Kernels.Scheduling;

namespace Convoke.Kernels.Cuda.TensorCores;

/// <summary>Gradient of a dense layer's input on tensor cores, masked by the ReLU that made it: a warp 16 rows by 32 features.</summary>
public static class DenseTensorDgrad
{
    private const int Threads = 128, Rows = 16, Features = 32;

    public static CudaGrid Grid(DenseDgradGroup group) => CudaGrid.PerSample(Blocks(group), Rows);

    public static CudaKernel Emit(CudaWriter writer, string name, string layer, DenseDgradGroup group, Operands operands)
    {
        DenseTensorLoads.EmitOfGradients(writer, operands);
        int stored = Panels.Pad(group.Units), steps = operands.DenseSteps(group.Units);
        var kernel = new CudaKernel(name, Threads, 4, 0);
        using (writer.Kernel(kernel, $"""
            // {group.Name} dgrad  <- {layer}
            //   dx[n,i] = sum(o) dy[n,o] w[i,o]{(group.ReluOutput is null ? "" : " where x > 0, the relu that made x" + DropoutText.TimesComment(group.Scale))}
            //   dy f32[N,{stored}], {(operands.Products.IsSplit ? "split in two tf32" : $"rounded to {operands.Name}{operands.Gradients.Comment}")}  operands {operands.Name}[{(group.In + 7) / 8}][{steps}][lane][{4 * operands.Pack}] w  dx f32[N,{group.In}], sums f32
            //   GEMM N x {group.In} x {group.Units} on tensor cores; block {Threads}, warp = {Rows} rows x {Features} features; grid N/{Rows} x {Blocks(group)}
            """, $"const float* __restrict__ dy, const uint4* __restrict__ operands{(group.ReluOutput is null ? "" : ", const float* __restrict__ x")}, float* __restrict__ dx, int batch"))
        {
            writer.Code.Line($$"""
                constexpr int IN = {{group.In}}, OUT = {{stored}}, BLOCKS = {{Blocks(group)}}, STEPS = {{steps}}, TILES = {{(group.In + 7) / 8}}, COLUMN_TILES = {{Features / 8}};
                const int lane = threadIdx.x % 32, n0 = blockIdx.x / BLOCKS * {{Rows}}, first = (blockIdx.x % BLOCKS * {{Threads / 32}} + threadIdx.x / 32) * COLUMN_TILES;
                if (first >= TILES) return;
                {{DropoutText.Scale(group.Scale)}}

                float acc[COLUMN_TILES][4] = {};
                #pragma unroll {{Math.Min(operands.Products.IsSplit ? 2 : 4, steps)}}
                for (int step = 0; step < STEPS; ++step)
                {
                    {{DenseTensorLoads.Step("OUT", "dy", operands.Products, "COLUMN_TILES", "((first + j) * STEPS + step) * 32 + lane", "TILES % COLUMN_TILES != 0 && first + j >= TILES", load: operands.Gradients.LoadRow).Replace("\n", "\n    ")}}
                }

                {{Epilogue(group, operands.Gradients)}}
                """);
        }

        return kernel;
    }

    /// <summary>Text that stores acc[COLUMN_TILES][4], of rows n0 on and column tiles first on.</summary>
    public static string Epilogue(DenseDgradGroup group, GradientFactors factors) => $$"""
        // epilogue{{(group.ReluOutput is null ? "" : ": the mask of relu")}}
        #pragma unroll
        for (int i = 0; i < 2 * COLUMN_TILES; ++i)
        {
            const int n = n0 + i % 2 * 8 + lane / 4, f = (first + i / 2) * 8 + lane % 4 * 2;
            if (n >= batch || f >= IN) continue;
            const size_t at = (size_t)n * IN + f;
            {{(group.ReluOutput is null ? "" : "const float2 open = *reinterpret_cast<const float2*>(&x[at]);\n    ")}}*reinterpret_cast<float2*>(&dx[at]) = {{(group.ReluOutput is null
                ? $"make_float2({factors.Sum("acc[i / 2][i % 2 * 2]")}, {factors.Sum("acc[i / 2][i % 2 * 2 + 1]")})"
                : $"make_float2(open.x > 0.0f ? {factors.Sum("acc[i / 2][i % 2 * 2]")}{DropoutText.Times(group.Scale)} : 0.0f, open.y > 0.0f ? {factors.Sum("acc[i / 2][i % 2 * 2 + 1]")}{DropoutText.Times(group.Scale)} : 0.0f)")}};
        }
        """;

    private static int Blocks(DenseDgradGroup group) => (((group.In + 7) / 8) + (Threads / 32 * Features / 8) - 1) / (Threads / 32 * Features / 8);
}
