using Convoke.Kernels.Scheduling;

namespace Convoke.Kernels.Cuda.TensorCores;

/// <summary>The end of a convolution's tile on tensor cores: pooling, bias, ReLU, dropout, in registers.</summary>
/// <remarks>
/// Of the sums acc[ROW_TILES][COLUMN_TILES][4] a lane has, in each 16 columns, four neighbouring channels, two of either 8-column tile (<see cref="Operands.EmitFpropColumn"/>): what it
/// stores is 16 bytes, and what it draws for dropout one block of Philox.
/// </remarks>
/// <param name="Group">The layer.</param>
/// <param name="Window">Text: number in the tile of the window (of the pixel, where nothing is pooled) that row i of the lane is of.</param>
/// <param name="Row">Text: its row in the output.</param>
/// <param name="Column">Text: its column.</param>
/// <param name="Beside">Text: whether it is beside the tile or the map.</param>
/// <param name="Channel">Text: the first of the lane's four channels in columns 16 j on.</param>
/// <param name="IsTurned">Whether windows 4 to 7 of a group have their columns in the other order.</param>
public sealed record ConvTensorEpilogue(ConvForwardGroup Group, string Window, string Row, string Column, string Beside, string Channel, bool IsTurned)
{
    /// <summary>Before the names of bias, y and arg.</summary>
    public string Prefix { get; init; } = "";

    /// <summary>Text that stores <c>result</c>, the four channels.</summary>
    public string StoreResult => $"*reinterpret_cast<float4*>(&{Prefix}y[(size_t)n * (OUT_H * OUT_W * K) + to]) = result;";

    /// <summary>Text that stores <c>winner</c>, their maxima's places, where they are wanted.</summary>
    public string StoreWinner => $"if ({Prefix}arg) *reinterpret_cast<uchar4*>(&{Prefix}arg[(size_t)n * (OUT_H * OUT_W * K) + to]) = winner;";

    /// <summary>What is done with them; null for both.</summary>
    public string? Store { get; init; }

    /// <summary>Whether what is stored stays in registers, too, for its moments: rows of the lane, by quads of channels.</summary>
    public bool Keeps { get; init; }

    /// <summary>Text of the rows (windows, where pooled) of a lane.</summary>
    private string Rows => Group.Geometry.Pooled ? "ROW_TILES / 2" : "2 * ROW_TILES";

    /// <summary>Emits the loads of the bias, to stand before the reduction, where nobody waits for them.</summary>
    public void EmitBias(CudaWriter writer)
    {
        if (Group.Bias is null) return;
        writer.Code.Line($"""
            float4 shift[COLUMN_TILES / 2];
            #pragma unroll
            for (int j = 0; j < COLUMN_TILES / 2; ++j) shift[j] = *reinterpret_cast<const float4*>(&{Prefix}bias[{Channel}]);
            """);
    }

    /// <summary>Emits the end.</summary>
    public void Emit(CudaWriter writer)
    {
        bool pooled = Group.Geometry.Pooled;
        string steps = string.Join(", ", new[] { pooled ? "pool" : "", Group.Bias is null ? "" : "bias", Group.Relu ? "relu" : "", Group.Drop is null ? "" : "dropout" }.Where(static s => s.Length > 0));
        string place = $"p = {Row}, q = {Column}", beside = Beside.Length == 0 ? "" : $"\n    if ({Beside}) continue;";
        string result = $"make_float4({string.Join(", ", "xyzw".Select(Finished))})";
        string row = pooled ? "i / 2" : "i";
        string store = ((Store ?? (pooled ? StoreResult + "\n" + StoreWinner : StoreResult)) + (Keeps ? "\n" + TileMoments.Keep(row, "j") : "")).Replace("\n", "\n        ");
        if (Keeps) beside += $"\n    live[{row}] = true;";
        string kept = Keeps ? "\n" + TileMoments.Declare(Rows, "COLUMN_TILES / 2") : "";
        writer.Code.Line(pooled
            ? $$"""

                // epilogue: {{steps}}, store four channels of a window{{kept}}
                #pragma unroll
                for (int i = 0; i < ROW_TILES; i += 2)
                {
                    const int window = {{Window}}, {{place}};{{(IsTurned ? "\n    const bool turned = lane / 16 == 1;         // windows 4 to 7 have their columns in the other order" : "")}}{{beside}}
                    #pragma unroll
                    for (int j = 0; j < COLUMN_TILES / 2; ++j)
                    {
                        const int k = {{Channel}};
                        float best[4];
                        int at[4];
                        #pragma unroll
                        for (int e = 0; e < 4; ++e)
                        {
                            const float (&upper)[4] = acc[i][2 * j + e / 2], (&lower)[4] = acc[i + 1][2 * j + e / 2];
                            const float values[4] = { {{(IsTurned
                                ? "turned ? upper[2 + e % 2] : upper[e % 2], turned ? upper[e % 2] : upper[2 + e % 2], turned ? lower[2 + e % 2] : lower[e % 2], turned ? lower[e % 2] : lower[2 + e % 2]"
                                : "upper[e % 2], upper[2 + e % 2], lower[e % 2], lower[2 + e % 2]")}} };
                            best[e] = values[0];
                            at[e] = 0;
                            #pragma unroll
                            for (int place = 1; place < 4; ++place)
                                if (values[place] > best[e]) { best[e] = values[place]; at[e] = place; }      // of equals the first stays
                        }
                        const int to = (p * OUT_W + q) * K + k;         // in the image: an int, or the compiler splits the store
                        const float4 result = {{DropoutText.Of(Group.Drop, result, "n", "to")}};
                        const uchar4 winner = make_uchar4(at[0], at[1], at[2], at[3]);
                        {{store}}
                    }
                }
                """
            : $$"""

                // epilogue: {{(steps.Length == 0 ? "" : steps + ", ")}}store four channels of a pixel{{kept}}
                #pragma unroll
                for (int i = 0; i < 2 * ROW_TILES; ++i)
                {
                    const int place = {{Window}}, {{place}};{{beside}}
                    #pragma unroll
                    for (int j = 0; j < COLUMN_TILES / 2; ++j)
                    {
                        const int k = {{Channel}};
                        const float (&first)[4] = acc[i / 2][2 * j], (&second)[4] = acc[i / 2][2 * j + 1];
                        const float best[4] = { first[i % 2 * 2], first[i % 2 * 2 + 1], second[i % 2 * 2], second[i % 2 * 2 + 1] };
                        const int to = (p * OUT_W + q) * K + k;         // in the image: an int, or the compiler splits the store
                        const float4 result = {{DropoutText.Of(Group.Drop, result, "n", "to")}};
                        {{store}}
                    }
                }
                """);
    }

    private string Finished(char channel, int index)
    {
        string sum = $"best[{index}]" + (Group.Bias is null ? "" : $" + shift[j].{channel}");
        return Group.Relu ? $"relu({sum})" : sum;
    }
}
