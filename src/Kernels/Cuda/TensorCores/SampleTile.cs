using Convoke.Kernels.Scheduling;

namespace Convoke.Kernels.Cuda.TensorCores;

/// <summary>Rows of a sample in shared memory as operands of a first convolution, and the order in which its reduction runs over them.</summary>
/// <remarks>
/// The values of a row stand as they do in the sample, pixel by pixel, so that what a filter's row reads is one run of S C values, and a word of the reduction is a word of a run. Where words
/// are two values and a run may begin at an odd one, the rows are staged a second time from their second value on. A run ends in a whole word, the reduction in a whole step: whatever value
/// stands there meets weights of zero. The words of a run come in fours, so that the four lanes of a row read neighbours, and what is left of all runs behind those.
/// </remarks>
/// <param name="Geometry">The layer.</param>
/// <param name="Pack">Values in a word.</param>
/// <param name="OutRows">Output rows (of windows, where pooled) that the tile serves.</param>
public sealed record SampleTile(ConvGeometry Geometry, int Pack, int OutRows)
{
    private const int MaxSkew = 6, LookedAt = 8;

    /// <summary>Rows of the sample, padding included.</summary>
    public int Rows => (((OutRows * Geometry.PoolHeight) - 1) * Geometry.StrideHeight) + Geometry.R;

    /// <summary>Columns of the sample, padding included.</summary>
    public int Columns => (((Geometry.OutColumns * Geometry.PoolWidth) - 1) * Geometry.StrideWidth) + Geometry.S;

    /// <summary>Words of a run.</summary>
    public int Run => ((Geometry.S * Geometry.C) + Pack - 1) / Pack;

    /// <summary>Words of a run that come in fours.</summary>
    public int Quads => Run / 4 * 4;

    /// <summary>Steps of the reduction, eight words each.</summary>
    public int Steps => ((Geometry.R * Run) + 7) / 8;

    /// <summary>Fours of values that are staged of a row, the one that the last run's padding meets included.</summary>
    public int Fours => ((Columns * Geometry.C) + (Run * Pack) - (Geometry.S * Geometry.C) + 3) / 4;

    /// <summary>Whether the rows stand there a second time, from their second value on.</summary>
    public bool IsTwice => Pack == 2 && Geometry.C % 2 == 1 && (Geometry.StrideWidth % 2 == 1) && Geometry.OutColumns * Geometry.PoolWidth > 1;

    /// <summary>Words from a row to the next: of the few that cost little room the one with the fewest bank conflicts.</summary>
    public int Pitch => _pitch ??= BestPitch();

    /// <summary>Words of the tile.</summary>
    public int Words => Rows * Pitch * (IsTwice ? 2 : 1);

    private int? _pitch;

    /// <summary>Constants, to stand behind those of the layer and those of the block.</summary>
    public string Constants =>
        $"constexpr int PACK = {Pack}, RUN = (S * C + PACK - 1) / PACK, WORDS = R * RUN, STEPS = {Steps}, ROWS = {Rows}, FOURS = {Fours}, PITCH = {Pitch}{(IsTwice ? ", TWIN = ROWS * PITCH" : "")};";

    /// <summary>Text for where word <c>word</c> of the reduction lies, from the first word under a window on.</summary>
    public string Place => Quads == 0 || Quads == Run
        ? "word / RUN * PITCH + word % RUN"
        : $"word < R * {Quads} ? word / {Quads} * PITCH + word % {Quads} : (word - R * {Quads}) / (RUN - {Quads}) * PITCH + {Quads} + (word - R * {Quads}) % (RUN - {Quads})";

    /// <summary>Emits what fills <c>tile</c> with the rows from <c>tile_row</c> on of sample <c>sample</c>.</summary>
    /// <param name="writer">The writer.</param>
    /// <param name="samples">The input.</param>
    /// <param name="operands">The precision.</param>
    /// <param name="unroll">Fours of values that a thread has under way at once.</param>
    /// <param name="thread">Text: number of the thread among those that fill it.</param>
    /// <param name="threads">Text: how many those are.</param>
    public void EmitStage(CudaWriter writer, InputText samples, Operands operands, int unroll = 4, string thread = "thread", string threads = "THREADS")
    {
        ConvGeometry g = Geometry;
        operands.EmitStore(writer);
        writer.Helper("pixel", StepText.Pixel);
        string h = $"tile_row * POOL_H{ConvText.Down(g)} + i / FOURS{ConvText.Top(g)}", inside = $"{(g.Top > 0 ? "0 <= h && " : "")}h < H && ";
        string twin = IsTwice ? "\n    store_operands(to + TWIN, make_float4(four.y, four.z, four.w, next));" : "";
        writer.Code.Line($"// the rows as operands{(IsTwice ? "; behind them once more from their second value on, for windows that begin at an odd one" : "")}");
        writer.Code.Line($"const size_t origin = {samples.Origin("(H * W * C)")};");
        if (g.Left == 0 && g.W * g.C % 4 == 0 && samples.IsInFours)
        {
            writer.Helper("pixels", StepText.Pixels);
            writer.Code.Line($$"""
                #pragma unroll {{unroll}}
                for (int i = {{thread}}; i < ROWS * FOURS; i += {{threads}})
                {
                    const int h = {{h}}, x = i % FOURS * 4;
                    float4 four = make_float4(0, 0, 0, 0);{{(IsTwice ? "\n    float next = 0;" : "")}}
                    if ({{inside}}x < W * C)
                    {
                        four = pixels(step, origin + h * (W * C) + x);{{(IsTwice ? "\n        if (x + 4 < W * C) next = pixel(step, origin + h * (W * C) + x + 4);" : "")}}
                    }
                    u32* to = tile + i / FOURS * PITCH + x / PACK;
                    store_operands(to, four);{{twin}}
                }
                """);
            return;
        }

        writer.Code.Line($$"""
            #pragma unroll {{unroll / 2}}
            for (int i = {{thread}}; i < ROWS * FOURS; i += {{threads}})
            {
                const int h = {{h}}, x = i % FOURS * 4{{(g.Left > 0 ? " - LEFT * C" : "")}};
                float values[{{(IsTwice ? 5 : 4)}}];
                #pragma unroll
                for (int j = 0; j < {{(IsTwice ? 5 : 4)}}; ++j) values[j] = {{inside}}{{(g.Left > 0 ? "0 <= x + j && " : "")}}x + j < W * C ? pixel(step, origin + h * (W * C) + x + j) : 0.0f;
                u32* to = tile + i / FOURS * PITCH + i % FOURS * (4 / PACK);
                store_operands(to, make_float4(values[0], values[1], values[2], values[3]));{{twin.Replace("four.y, four.z, four.w, next", "values[1], values[2], values[3], values[4]")}}
            }
            """);
    }

    /// <summary>Text that declares where the lane's rows of both 16-row tiles of <c>group</c> lie, and the word at <paramref name="at"/> from there on of row half of tile i.</summary>
    public (string Declare, Func<string, string> Word) Group()
    {
        ConvGeometry g = Geometry;
        if (g.Pooled)
        {
            string right = $"word % 2 * ({(IsTwice ? "TWIN + " : "")}{(g.IsStrided ? "STRIDE_W * " : "")}C / PACK)";
            return ($"""
                // a lane has a window: in the first tile its upper row, left and right, in the second its lower row
                const int window = min(group * 8 + lane / 4, TILE_H * OUT_W - 1);
                const u32* corner = tile + window / OUT_W * (2{ConvText.Down(g)} * PITCH) + window % OUT_W * (2{ConvText.Across(g)} * C / PACK);
                """, at => $"corner[{at} + i{ConvText.Down(g)} * PITCH + {right}]");
        }

        string twin = IsTwice ? " + x % 2 * TWIN" : "";
        return ($$"""
            const u32* corners[ROW_TILES][2];
            #pragma unroll
            for (int i = 0; i < 2 * ROW_TILES; ++i)
            {
                const int place = min(group * (16 * ROW_TILES) + i * 8 + lane / 4, TILE_H * OUT_W - 1), x = place % OUT_W{{ConvText.Across(g)}} * C;
                corners[i / 2][i % 2] = tile + place / OUT_W{{ConvText.Down(g)}} * PITCH + x / PACK{{twin}};
            }
            """, at => $"corners[i][word % 2][{at}]");
    }

    /// <summary>Passes of shared memory that the loads of the first groups take, under a pitch.</summary>
    private int Passes(int pitch)
    {
        ConvGeometry g = Geometry;
        int places = OutRows * g.OutColumns, groups = Math.Min(LookedAt, (places + 7) / 8), passes = 0;
        var words = new HashSet<int>();
        int[] banks = new int[32];
        for (int group = 0; group < groups; group++)
        {
            for (int four = 0; four < 2 * Steps; four++)
            {
                words.Clear();
                for (int lane = 0; lane < 32; lane++)
                {
                    int place = Math.Min((group * 8) + (lane / 4), places - 1), word = Math.Min((four * 4) + (lane % 4), (g.R * Run) - 1), rest = word - (g.R * Quads);
                    int row = rest < 0 ? word / Quads : rest / (Run - Quads), at = rest < 0 ? word % Quads : Quads + (rest % (Run - Quads));
                    int x = place % g.OutColumns * g.PoolWidth * g.StrideWidth * g.C;
                    words.Add((IsTwice ? x % 2 * Rows * pitch : 0) + (((place / g.OutColumns * g.PoolHeight * g.StrideHeight) + row) * pitch) + (x / Pack) + at);
                }

                Array.Clear(banks, 0, banks.Length);
                foreach (int word in words) banks[word % 32]++;
                passes += banks.Max();
            }
        }

        return passes;
    }

    private int BestPitch()
    {
        int unit = 4 / Pack, least = Fours * unit;
        return Enumerable.Range(0, (MaxSkew / unit) + 1).Select(i => least + (i * unit)).OrderBy(Passes).First();
    }
}
