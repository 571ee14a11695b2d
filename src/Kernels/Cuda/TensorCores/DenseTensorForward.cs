using Convoke.Kernels.Scheduling;

namespace Convoke.Kernels.Cuda.TensorCores;

/// <summary>y = act(x w + b) on tensor cores: a tile of 16 rows and 16 units a block, whose warps share the reduction and add their parts in order.</summary>
public static class DenseTensorForward
{
    private const int Threads = 256, Rows = 16, Units = 16;

    public static CudaGrid Grid(DenseForwardGroup group) => CudaGrid.PerSample(Panels.Pad(group.Units) / Units, Rows);

    public static CudaKernel Emit(CudaWriter writer, string name, string layer, DenseForwardGroup group, Operands operands)
    {
        DenseTensorLoads.Emit(writer, operands);
        if (group.Relu) writer.Helper("relu", StepText.Relu);
        if (group.Drop is not null) DropoutText.EmitHelpers(writer);
        int stored = Panels.Pad(group.Units), stride = Panels.Pad(group.In), steps = operands.DenseSteps(group.In);
        var kernel = new CudaKernel(name, Threads, 2, 4 * (Threads / 32) * Rows * Units);
        string sum = "sum(i) x[n,i] w[i,o]" + (group.Bias is null ? "" : " + b[o]");
        using (writer.Kernel(kernel, $"""
            // {group.Name} forward  <- {layer}
            //   y[n,o] = {(group.Relu ? $"relu({sum})" : sum)}{DropoutText.Comment(group.Drop)}
            //   x f32[N,{stride}], {(operands.Products.IsSplit ? "split in two tf32" : $"rounded to {operands.Name}")}  operands {operands.Name}[{stored / 8}][{steps}][lane][{4 * operands.Pack}] w  y f32[N,{stored}], sums f32
            //   GEMM N x {group.Units} x {group.In} on tensor cores; block {Threads} = {Rows} rows x {Units} units x {Threads / 32} shares of the reduction, a warp each; grid N/{Rows} x {stored / Units}
            """, [.. DropoutText.Parameter(group.Drop), "const float* __restrict__ x, const uint4* __restrict__ operands", group.Bias is null ? "float* __restrict__ y, int batch" : "const float* __restrict__ bias, float* __restrict__ y, int batch"]))
        {
            writer.Code.Line($$"""
                constexpr int STRIDE = {{stride}}, OUT = {{stored}}, ROWS = {{Rows}}, UNITS = {{Units}}, SHARES = {{Threads / 32}}, STEPS = {{steps}};
                __shared__ float sums[SHARES][ROWS][UNITS];
                const int thread = threadIdx.x, lane = thread % 32, share = thread / 32, n0 = blockIdx.x / (OUT / UNITS) * ROWS, o0 = blockIdx.x % (OUT / UNITS) * UNITS;

                float acc[2][4] = {};
                #pragma unroll 4
                for (int step = share; step < STEPS; step += SHARES)
                {
                    {{DenseTensorLoads.Step("STRIDE", "x", operands.Products, "2", "((o0 / 8 + j) * STEPS + step) * 32 + lane").Replace("\n", "\n    ")}}
                }
                #pragma unroll
                for (int j = 0; j < 2; ++j)
                {
                    float* to = &sums[share][lane / 4][j * 8 + lane % 4 * 2];
                    *reinterpret_cast<float2*>(to) = make_float2(acc[j][0], acc[j][1]);
                    *reinterpret_cast<float2*>(to + 8 * UNITS) = make_float2(acc[j][2], acc[j][3]);
                }
                __syncthreads();

                // epilogue: the shares in order{{(group.Bias is null ? "" : ", bias")}}{{(group.Relu ? ", relu" : "")}}
                const int n = n0 + thread / UNITS, o = o0 + thread % UNITS;
                float sum = 0;
                #pragma unroll
                for (int s = 0; s < SHARES; ++s) sum += sums[s][thread / UNITS][thread % UNITS];
                {{(group.Bias is null ? "" : "sum += bias[o];\n")}}{{(group.Drop is null ? "" : DropoutText.Declare(group.Drop) + "\n")}}if (n < batch) y[(size_t)n * OUT + o] = {{DropoutText.Of(group.Drop, group.Relu ? "relu(sum)" : "sum", "n", "o")}};
                """);
        }

        return kernel;
    }
}
