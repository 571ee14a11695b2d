using Convoke.Kernels.Models;
using Convoke.Kernels.Scheduling;

namespace Convoke.Kernels.Cuda.TensorCores;

/// <summary>The end of a training step's way forward and the beginning of its way back in one kernel: the last dense layer, softmax and loss, their gradients, and from there the gradient of the input of the dense layer below, on tensor cores.</summary>
/// <remarks>
/// Every block that makes some features of that input makes the head of its rows anew: it is a small product, and takes less time than a launch; of a large batch a block makes more features, so that
/// there are no more blocks than a device has room for. One block of each group of rows writes what the head leaves. The gradient between the layers goes from shared memory into the product.
/// </remarks>
public sealed class HeadTensorDgrad
{
    private const int Threads = 256, Warps = Threads / 32, Rows = 16, Units = 16, Shares = Threads * 16 / (Rows * Units), ColumnTiles = 2, MaxHidden = 256, EnoughBlocks = 264;

    private readonly DenseForwardGroup _last;
    private readonly Operands _operands;

    private HeadTensorDgrad(DenseForwardGroup last, DenseDgradGroup lastDgrad, DenseDgradGroup below, Operands operands) => (_last, LastDgrad, Below, _operands) = (last, lastDgrad, below, operands);

    /// <summary>The gradient of the last layer's input.</summary>
    public DenseDgradGroup LastDgrad { get; }

    /// <summary>The gradient of the input of the layer below.</summary>
    public DenseDgradGroup Below { get; }

    private int Hidden => _last.In;

    private int Tiles => (Below.In + 7) / 8;

    private int Blocks => (Tiles + (Warps * ColumnTiles) - 1) / (Warps * ColumnTiles);

    /// <summary>Floats from a row of the gradient between the layers to the next: eight rows, of which four lanes read neighbours, meet different banks.</summary>
    private int Pitch => Hidden + (_operands.Pack == 1 ? 16 : 4);

    /// <summary>Floats from the weights of a feature to the next one's: lanes that read four of each meet different banks.</summary>
    private const int LastPitch = Units + 4;

    private int SharedFloats => Math.Max(Shares * Rows * Units, Rows * Pitch) + (Hidden * LastPitch) + (2 * Rows * Units);

    /// <summary>The kernel for a training pass; null where its end is another one.</summary>
    public static HeadTensorDgrad? Find(Pass pass, DerivedPlaces places)
    {
        if (places.Operands is not { } operands || pass.Last is not { } last || pass.LastDgrad is not { } lastDgrad || Panels.Pad(last.Units) != Units || last.In > MaxHidden || last.In % (16 * operands.Pack) != 0) return null;
        if (lastDgrad.ReluOutput is { } open && open != last.X) return null;
        DenseDgradGroup? below = pass.Groups.OfType<DenseDgradGroup>().FirstOrDefault(g => g.Dy == lastDgrad.Dx);
        return below is not null && below.Units <= last.In && Panels.Pad(below.Units) == last.In && places.Copy(pass.Parameters[below.Weights].Name, OperandUse.DenseDgrad) is not null ? new(last, lastDgrad, below, operands) : null;
    }

    /// <summary>Blocks: of each group of rows as many as there are groups of features, and one that begins the step.</summary>
    public CudaGrid Grid(HeadGroup head, OptimizerSpec optimizer) => HeadRow.Grid(head, optimizer, Rows) with { PerUnit = Blocks, Enough = EnoughBlocks };

    /// <summary>Emits the kernel.</summary>
    public CudaKernel Emit(CudaWriter writer, string name, string layer, HeadGroup head, OptimizerSpec optimizer)
    {
        DenseForward.EmitHelpers(writer);
        HeadRow.EmitHelpers(writer, head, optimizer);
        DenseTensorLoads.EmitOfGradients(writer, _operands);
        _operands.EmitMultiply(writer);
        int panel = Panels.Width(Units), steps = _operands.DenseSteps(Below.Units);
        string times = DropoutText.Times(LastDgrad.Scale).Replace("SCALE", "LAST_SCALE");
        var kernel = new CudaKernel(name, Threads, 2, 4 * SharedFloats);
        using (writer.Kernel(kernel, $"""
            // head and {Below.Name} dgrad  <- {layer}{HeadRow.Layer(head)}, {head.Loss!.Kind}
            //   z[n,o] = sum(h) hidden[n,h] w[h,o]{(_last.Bias is null ? "" : " + b[o]")};  loss[n] = sum(o) t[o] (log sum(j) exp z[j] - z[o]);  dz = {HeadRow.Weight(head)}(softmax(z) sum(t) - t) / N
            //   dhidden[n,h] = sum(o) dz[n,o] w[h,o]{(LastDgrad.ReluOutput is null ? "" : " where hidden > 0" + DropoutText.TimesComment(LastDgrad.Scale))}
            //   dx[n,i] = sum(h) dhidden[n,h] v[i,h]{(Below.ReluOutput is null ? "" : " where x > 0, the relu that made x" + DropoutText.TimesComment(Below.Scale))}
            //   hidden, dhidden f32[N,{Hidden}]  w f32[{Hidden}][{Units}]  dz f32[N,{Units}]  operands {_operands.Name}[{Tiles}][{steps}][lane][{4 * _operands.Pack}] v  dx f32[N,{Below.In}], sums f32;  {HeadRow.Labels(head)}
            //   block {Threads} = {Rows} rows, of which every block of a group of rows makes the head, x {8 * ColumnTiles * Warps} features at a time, a warp {8 * ColumnTiles}; GEMM N x {Below.In} x {Below.Units} on tensor cores; grid N/{Rows} x 1 to {Blocks}, all in all at most {EnoughBlocks} where N/{Rows} is less
            """, [
                "Step* __restrict__ step, const float* __restrict__ hidden, const float* __restrict__ weights" + (_last.Bias is null ? "" : ", const float* __restrict__ bias"),
                HeadRow.Measured(head) + ", float* __restrict__ dz, float* __restrict__ dhidden",
                "const uint4* __restrict__ operands" + (Below.ReluOutput is null ? "" : ", const float* __restrict__ x") + ", float* __restrict__ dx, int batch"]))
        {
            writer.Code.Line($$"""
                constexpr int HIDDEN = {{Hidden}}, CLASSES = {{head.Classes}}, OUT = {{Units}}, PANEL = {{panel}}, ROWS = {{Rows}}, SHARES = {{Shares}}, THREADS = {{Threads}}, LANES = {{HeadRow.Lanes(head)}}, PITCH = {{Pitch}}, LAST_PITCH = {{LastPitch}};
                constexpr int IN = {{Below.In}}, STEPS = {{steps}}, TILES = {{Tiles}}, COLUMN_TILES = {{ColumnTiles}};
                __shared__ __align__(16) float shared[{{SharedFloats}}];
                float (*sums)[ROWS][OUT] = reinterpret_cast<float (*)[ROWS][OUT]>(shared);              // [SHARES], then in their place dhidden [ROWS][PITCH]
                float* between = shared;
                float (*z)[OUT] = reinterpret_cast<float (*)[OUT]>(shared + {{SharedFloats - (2 * Rows * Units)}}), (*gradients)[OUT] = z + ROWS;
                float* last = shared + {{SharedFloats - (2 * Rows * Units) - (Hidden * LastPitch)}};
                const int thread = threadIdx.x, warp = thread / 32, lane = thread % 32, columns = {{(Grid(head, optimizer).Fixed == 0 ? "gridDim.x" : $"(gridDim.x - {Grid(head, optimizer).Fixed})")}} / ((batch + ROWS - 1) / ROWS), n0 = blockIdx.x / columns * ROWS, own = thread / LANES, n = n0 + own;
                const bool writes = blockIdx.x % columns == 0;            // what the head leaves
                {{HeadRow.BeginApart(head, optimizer)}}
                {{DropoutText.Scale(LastDgrad.Scale).Replace("SCALE", "LAST_SCALE")}}
                {{DropoutText.Scale(Below.Scale)}}

                {{HeadRow.Sample(head, "n", "n < batch")}}

                // the last layer's weights, wanted late [HIDDEN][LAST_PITCH]
                for (int i = thread; i < HIDDEN * OUT / 4; i += THREADS) copy_async(&last[i / (OUT / 4) * LAST_PITCH + i % (OUT / 4) * 4], &weights[4 * i]);

                // logits: a thread four rows by four units of a share of the reduction
                {
                    const int unit = thread % (OUT / 4) * 4, row = thread / (OUT / 4) % (ROWS / 4) * 4, share = thread / (ROWS * OUT / 16);
                    dense_tile<HIDDEN, HIDDEN, PANEL, SHARES>(&sums[share][row][unit], OUT, hidden, weights, n0 + row, unit, share, batch);
                }
                __syncthreads();
                {
                    float sum = {{(_last.Bias is null ? "0" : "bias[thread % OUT]")}};
                    #pragma unroll
                    for (int share = 0; share < SHARES; ++share) sum += sums[share][thread / OUT][thread % OUT];
                    z[thread / OUT][thread % OUT] = sum;
                    gradients[thread / OUT][thread % OUT] = 0;            // and stays it in a row that there is no sample for
                }
                __syncthreads();

                // softmax and loss: half a warp a row
                """);
            using (writer.Code.Block(""))
            {
                writer.Code.Line("const int lane = thread % LANES;\nif (n < batch)");
                HeadRow.Emit(writer, head, trains: true, "z[own]", "gradients[own]", "writes", hasOutput: false);
            }

            writer.Code.Line($$"""
                wait_copies();
                __syncthreads();

                // dhidden: a thread two rows of every 32nd feature, and into shared memory for all of the block
                {
                    const int row = warp * 2;
                    float upper[OUT], lower[OUT];
                    #pragma unroll
                    for (int o = 0; o < OUT; ++o) upper[o] = gradients[row][o];
                    #pragma unroll
                    for (int o = 0; o < OUT; ++o) lower[o] = gradients[row + 1][o];
                    #pragma unroll 2
                    for (int h = lane; h < HIDDEN; h += 32)
                    {
                        float result[2] = {};
                        #pragma unroll
                        for (int o = 0; o < OUT; o += 4)
                        {
                            const float4 w = *reinterpret_cast<const float4*>(&last[h * LAST_PITCH + o]);
                            result[0] = fmaf(upper[o + 3], w.w, fmaf(upper[o + 2], w.z, fmaf(upper[o + 1], w.y, fmaf(upper[o], w.x, result[0]))));
                            result[1] = fmaf(lower[o + 3], w.w, fmaf(lower[o + 2], w.z, fmaf(lower[o + 1], w.y, fmaf(lower[o], w.x, result[1]))));
                        }
                        #pragma unroll
                        for (int r = 0; r < 2; ++r)
                        {
                            const int n = n0 + row + r;
                            {{(LastDgrad.ReluOutput is null ? "" : $"result[r] = n < batch && hidden[(size_t)n * HIDDEN + h] > 0.0f ? result[r]{times} : 0.0f;")}}
                            between[(row + r) * PITCH + h] = result[r];
                            if (writes && n < batch) dhidden[(size_t)n * HIDDEN + h] = result[r];
                        }
                    }
                }
                __syncthreads();

                // dx
                #pragma unroll 1
                for (int first = (blockIdx.x % columns * (THREADS / 32) + warp) * COLUMN_TILES; first < TILES; first += columns * (THREADS / 32) * COLUMN_TILES)
                {
                    float acc[COLUMN_TILES][4] = {};
                    #pragma unroll {{Math.Min(_operands.Products.IsSplit ? 2 : 4, steps)}}
                    for (int step = 0; step < STEPS; ++step)
                    {
                        {{DenseTensorLoads.Step("PITCH", "between", _operands.Products, "COLUMN_TILES", "((first + j) * STEPS + step) * 32 + lane", Tiles % ColumnTiles == 0 ? null : "first + j >= TILES", "lane / 4", "ROWS", _operands.Gradients.LoadRow).Replace("\n", "\n        ")}}
                    }

                    {{DenseTensorDgrad.Epilogue(Below, _operands.Gradients).Replace("\n", "\n    ")}}
                }
                """);
        }

        return kernel;
    }
}
