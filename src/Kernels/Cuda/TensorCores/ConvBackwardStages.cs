using Convoke.Kernels.Scheduling;

namespace Convoke.Kernels.Cuda.TensorCores;

/// <summary>How <see cref="ConvTensorBackward"/> brings an image's input and gradient into shared memory: all loads first, into registers, then the stores.</summary>
/// <remarks>
/// A block is alone on its multiprocessor, so that nobody works while it waits for memory: each loop that loads and stores by itself would add a wait of its own.
/// </remarks>
/// <param name="group">The convolution.</param>
/// <param name="tile">The cut.</param>
/// <param name="factors">How gradients become factors.</param>
public sealed class ConvBackwardStages(ConvBackwardGroup group, ConvTensorBackwardTile tile, GradientFactors factors)
{
    /// <summary>Most values of four that a thread holds ahead of their stores, of the input and of the gradient; where there are more, each turn loads and stores.</summary>
    private const int MaxInputs = 6, MaxGradients = 4;

    private readonly ConvGeometry _g = group.Geometry;

    private int InputTurns => Turns((ConvTensorBackwardTile.P(_g) + _g.R - 1) * (ConvTensorBackwardTile.Q(_g) + _g.S - 1) * _g.CStored / 4, tile.Threads);

    private int GradientTurns => Turns(_g.OutRows * _g.OutColumns * _g.KStored / 4, tile.Threads);

    private bool InputsAhead => InputTurns <= MaxInputs;

    private bool GradientsAhead => GradientTurns <= MaxGradients;

    /// <summary>Turns of a loop over the block's threads.</summary>
    public static int Turns(int count, int threads) => (count + threads - 1) / threads;

    /// <summary>Emits the loads that run ahead of their stores.</summary>
    public void EmitLoads(CudaWriter writer)
    {
        if (InputsAhead)
        {
            writer.Code.Line($$"""
                float4 inputs[{{InputTurns}}];
                #pragma unroll
                for (int j = 0; j < {{InputTurns}}; ++j)
                {
                    const int i = thread + j * THREADS;
                    {{LoadInput("inputs[j]")}}
                }
                """);
        }

        if (!GradientsAhead) return;
        writer.Code.Line($$"""
            float4 gradients[{{GradientTurns}}]{{(group.Relu ? $", opens[{GradientTurns}]" : "")}};{{(_g.Pooled ? $"\nuchar4 places[{GradientTurns}];" : "")}}
            #pragma unroll
            for (int j = 0; j < {{GradientTurns}}; ++j)
            {
                const int i = min(thread + j * THREADS, OUT_H * OUT_W * (K / 4) - 1);
                {{LoadGradient("gradients[j]", "opens[j]", "places[j]")}}
            }
            """);
    }

    /// <summary>Emits the stores, in whose shadow the border's zeros are written.</summary>
    public void EmitStores(CudaWriter writer)
    {
        writer.Code.Line("""
            for (int i = thread; i < (PIXELS + 1) * (DZ_PITCH / 4); i += THREADS)
            {
                const int pixel = i / (DZ_PITCH / 4), p = pixel / DZ_COLUMNS - ABOVE, q = pixel % DZ_COLUMNS - BEFORE;
                if (p < 0 || p >= P || q < 0 || q >= Q) reinterpret_cast<uint4*>(dz)[i] = make_uint4(0, 0, 0, 0);
            }
            """);
        writer.Code.Line(InputsAhead ? $$"""
            #pragma unroll
            for (int j = 0; j < {{InputTurns}}; ++j)
            {
                const int i = thread + j * THREADS;
                if (i < ROWS * COLUMNS * (C / 4)) store_operands(&input[i / (C / 4) * PITCH + i % (C / 4) * 2], inputs[j]);
            }
            """ : $$"""
            #pragma unroll 4
            for (int i = thread; i < ROWS * COLUMNS * (C / 4); i += THREADS)
            {
                float4 four;
                {{LoadInput("four")}}
                store_operands(&input[i / (C / 4) * PITCH + i % (C / 4) * 2], four);
            }
            """);
        string mask = group.Relu ? $"\n    const float4 open = {(GradientsAhead ? "opens[j]" : "opened")};\n    {DropoutText.Masked("gradient", group.Scale)}" : "";
        string store = $$"""
                {{(group.Bias is null ? "" : "db.x += gradient.x; db.y += gradient.y; db.z += gradient.z; db.w += gradient.w;\n    ")}}u32* to = dz + ((i / (K / 4) / OUT_W * POOL_H + ABOVE) * DZ_COLUMNS + i / (K / 4) % OUT_W * POOL_W + BEFORE) * DZ_PITCH + i % (K / 4) * 2;
                {{(_g.Pooled ? $$"""
                {{factors.Prepare("gradient", "    ")}}#pragma unroll
                    for (int place = 0; place < POOL_H * POOL_W; ++place)
                        {{factors.StoreUnpooled("to + (place / POOL_W * DZ_COLUMNS + place % POOL_W) * DZ_PITCH", "gradient")}}
                """ : $"{factors.Store}(to, gradient);")}}
            """;
        writer.Code.Line(GradientsAhead ? $$"""
            #pragma unroll
            for (int j = 0; j < {{GradientTurns}}; ++j)
            {
                const int i = thread + j * THREADS;
                if (i >= OUT_H * OUT_W * (K / 4)) break;
                float4 gradient = gradients[j];{{(_g.Pooled ? "\n    const uchar4 winner = places[j];" : "")}}{{mask}}
            {{store}}
            }
            """ : $$"""
            #pragma unroll 2
            for (int i = thread; i < OUT_H * OUT_W * (K / 4); i += THREADS)
            {
                float4 gradient{{(group.Relu ? ", opened" : "")}};{{(_g.Pooled ? "\n    uchar4 winner;" : "")}}
                {{LoadGradient("gradient", "opened", "winner")}}{{mask}}
            {{store}}
            }
            """);
    }

    private string LoadInput(string to) => $"""
        const int h = i / (COLUMNS * (C / 4)){ConvText.Top(_g)}, w = i / (C / 4) % COLUMNS{ConvText.Left(_g)};
            {to} = {(InputsAhead ? "i < ROWS * COLUMNS * (C / 4) && " : "")}{ConvText.Inside(_g)} ? *reinterpret_cast<const float4*>(&x[(((size_t)n * H + h) * W + w) * C + i % (C / 4) * 4]) : make_float4(0, 0, 0, 0);
        """;

    private string LoadGradient(string gradient, string open, string winner) => $"""
        const size_t at = (size_t)n * (OUT_H * OUT_W * K) + 4 * i;
            {gradient} = *reinterpret_cast<const float4*>(&dy[at]);{(_g.Pooled ? $"\n    {winner} = *reinterpret_cast<const uchar4*>(&arg[at]);" : "")}{(group.Relu ? $"\n    {open} = *reinterpret_cast<const float4*>(&y[at]);" : "")}
        """;
}
