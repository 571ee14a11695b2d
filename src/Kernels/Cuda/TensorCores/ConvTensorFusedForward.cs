using Convoke.Kernels.Scheduling;

namespace Convoke.Kernels.Cuda.TensorCores;

/// <summary>The first two convolutions of a net as one kernel on tensor cores: <see cref="ConvTensorSamples"/>, whose result stays in shared memory, and over it what <see cref="ConvTensorForward"/> is.</summary>
/// <remarks>
/// A block has an image at a time; where the second filter fits into its shared memory it has several in turn and copies that once, else it reads it through the cache. The first layer's map reaches memory only for those who read it there: the way
/// back does, prediction does not. Its pixels stand as operands, each pixel 16 bytes longer than its channels and each row as much longer as lets load_matrix read without bank conflicts.
/// </remarks>
/// <param name="First">The convolution of the samples.</param>
/// <param name="Second">The convolution of its result.</param>
/// <param name="Operands">The precision.</param>
public sealed record ConvTensorFusedForward(ConvForwardGroup First, ConvForwardGroup Second, Operands Operands)
{
    /// <summary>Warps of a block: two blocks of so many have registers for the sums of a unit and what stays over the images.</summary>
    private const int MaxWarps = 8;

    public const int MaxBlocks = 528;

    private const int MaxUnrolledSteps = 36, MaxKeptSteps = 2;

    private ConvGeometry Inner => First.Geometry;

    private ConvGeometry Outer => Second.Geometry;

    private SampleTile Tile { get; } = new(First.Geometry, Operands.Pack, First.Geometry.OutRows);

    /// <summary>
    /// The two as one, or null where they stay two: both are on tensor cores, the second's rows of maps and the samples of one image fit into a block's shared memory together, and its filter does, too, or
    /// else into the cache. Recomputing nothing and waiting for nobody, the one kernel is then better at any batch size.
    /// </summary>
    public static ConvTensorFusedForward? Choose(ConvForwardGroup first, ConvForwardGroup second, Operands operands)
    {
        if (second.X != first.Y || !ConvTensorSamples.Suits(first.Geometry) || ConvTensorTile.Choose(second.Geometry, operands) is null) return null;
        var stack = new ConvTensorFusedForward(first, second, operands);
        return ConvTensorSamples.ChannelTiles(first.Geometry) <= MaxWarps && stack.SharedBytes <= operands.MaxSharedBytes && (stack.StagesFilter || stack.FilterBytes <= operands.MaxCachedBytes) ? stack : null;
    }

    /// <summary>Grid: a block an image; where it brings the second filter into shared memory, not more than four on each multiprocessor of a large device, each of which then takes several images in turn.</summary>
    public CudaGrid Grid => new(0, 1, 1, TakesTurns ? MaxBlocks : int.MaxValue);

    /// <summary>Whether a block takes several images, and needs to know how many there are.</summary>
    public bool TakesTurns => StagesFilter;

    /// <summary>Emits the kernel; it serves training and prediction, which passes no place for winners, and none for the first map where nothing else reads it.</summary>
    public CudaKernel Emit(CudaWriter writer, string name, string layers, InputText samples)
    {
        Operands.EmitMultiply(writer);
        ConvTensorSamples.EmitHelpers(writer, First, Operands);
        if (Second.Relu) writer.Helper("relu", StepText.Relu);
        if (Second.Drop is not null) DropoutText.EmitHelpers(writer);
        if (StagesFilter) Operands.EmitLots(writer);
        var kernel = new CudaKernel(name, 32 * Warps, 2, 0) { DynamicBytes = SharedBytes };
        string[] parameters = ["const Step* __restrict__ step", .. Parameters("first", First), .. Parameters("second", Second), .. TakesTurns ? new[] { "int batch" } : []];
        using (writer.Kernel(kernel, Comment(layers), parameters))
        {
            writer.Code.Line($$"""
                constexpr int THREADS = {{32 * Warps}}, MAP_H = {{MapRows}}, PIXEL = {{Pixel}}, MAP_ROW = {{MapRow}}{{(StagesFilter ? $", FILTER = {FilterBytes / 16}" : "")}};
                extern __shared__ uint4 shared[];
                {{(StagesFilter ? "uint4* filter = shared;                                     // the second layer's [K / 16][R * S][STEPS][lane]" : "")}}
                uint4* first_filter = shared{{(StagesFilter ? " + FILTER" : "")}};                     // the first layer's [K / 16][STEPS][lane]
                u32* map = reinterpret_cast<u32*>(first_filter + {{(FirstFilterBytes + BiasBytes(First) + BiasBytes(Second)) / 16}});     // what the second layer reads [MAP_H][{{MapColumns}}][PIXEL] words, rows MAP_ROW words apart
                u32* tile = map + MAP_H * MAP_ROW;                          // the samples
                const int thread = threadIdx.x{{(IsOpaque ? "" : ", " + Warp)}};
                {{Shift("first", First, "first_filter + " + (FirstFilterBytes / 16))}}
                {{Shift("second", Second, "first_filter + " + ((FirstFilterBytes + BiasBytes(First)) / 16))}}
                for (int i = thread; i < {{FirstFilterBytes / 16}}; i += THREADS) copy_async(&first_filter[i], &first_operands[i]);
                {{(StagesFilter ? "commit_copies();\nfor (int i = thread; i < FILTER; i += THREADS) copy_async(&filter[i], &second_operands[i]);        // under way while the first layer is computed" : "")}}
                {{(Outer.IsPadded ? "for (int i = thread; i < MAP_H * MAP_ROW / 4; i += THREADS) reinterpret_cast<uint4*>(map)[i] = make_uint4(0, 0, 0, 0);        // its border stays" : "")}}

                {{(TakesTurns ? "#pragma unroll 1" : "const int n = blockIdx.x;")}}
                """);
            using (TakesTurns ? writer.Code.Block("for (int n = blockIdx.x; n < batch; n += gridDim.x)") : null)
            {
                if (IsOpaque) writer.Code.Line($"{StepText.OpaqueThread}\nconst int {Warp};");
                using (writer.Code.Block($"// {First.Name}")) EmitFirst(writer, samples);
                writer.Code.Line($"{(StagesFilter ? "wait_copies();\n" : "")}__syncthreads();\n");
                using (writer.Code.Block($"// {Second.Name}")) EmitSecond(writer);
            }
        }

        return kernel;
    }

    private void EmitFirst(CudaWriter writer, InputText samples)
    {
        ConvGeometry g = Inner;
        writer.Code.Line($$"""
            constexpr int H = {{g.H}}, W = {{g.W}}, C = {{g.CStored}}, R = {{g.R}}, S = {{g.S}}, K = {{g.KStored}}, POOL_H = {{g.PoolHeight}}, OUT_H = {{g.OutRows}}, OUT_W = {{g.OutColumns}}{{ConvText.Constants(g)}};
            constexpr int TILE_H = OUT_H, BLOCK_K = {{ConvTensorSamples.Channels(g)}}, K_TILES = K / BLOCK_K, ROW_TILES = 2, COLUMN_TILES = BLOCK_K / 8, GROUPS = {{ConvTensorSamples.Groups(g, g.OutRows)}};
            {{Tile.Constants}}
            constexpr int tile_row = 0;
            const int sample = sample_at(step, n), k0 = warp % K_TILES * BLOCK_K;
            {{DropoutText.Declare(First.Drop)}}

            """);
        (int top, int left) = (Outer.Top, Outer.Left);
        string beside = string.Join(" && ", new[] { g.OutRows + top > MapRows ? $"p < MAP_H{Minus(top)}" : "", g.OutColumns + left > MapColumns ? $"q < {MapColumns - left}" : "" }.Where(static s => s.Length > 0));
        ConvTensorEpilogue epilogue = ConvTensorSamples.Epilogue(First, Tile) with { Prefix = "first_" };
        epilogue = epilogue with
        {
            Store = $"if (first_y) {epilogue.StoreResult}{(g.Pooled ? "\n" + epilogue.StoreWinner : "")}\n{(beside.Length > 0 ? $"if ({beside}) " : "")}store_operands(&map[{Shifted("p", top)} * MAP_ROW + {Shifted("q", left)} * PIXEL + k / PACK], result);",
        };
        Tile.EmitStage(writer, samples, Operands, HasMask ? 2 : 4);
        writer.Code.Line($"{(StagesFilter ? "wait_older_copies();            // not for the second layer's filter" : "wait_copies();")}\n__syncthreads();\n");
        ConvTensorSamples.EmitFilter(writer, Tile, "first_filter", KeptSteps);
        epilogue.EmitBias(writer);
        writer.Code.Line("\n#pragma unroll 1");
        using (writer.Code.Block("for (int group = warp / K_TILES; group < GROUPS; group += THREADS / 32 / K_TILES)"))
        {
            ConvTensorSamples.EmitProduct(writer, Tile, Operands.Products, "first_filter", KeptSteps);
            epilogue.Emit(writer);
        }
    }

    private void EmitSecond(CudaWriter writer)
    {
        ConvGeometry g = Outer;
        writer.Code.Line($$"""
            constexpr int R = {{g.R}}, S = {{g.S}}, K = {{g.KStored}}, OUT_H = {{g.OutRows}}, OUT_W = {{g.OutColumns}}{{(g.IsStrided ? $", STRIDE_H = {g.StrideHeight}, STRIDE_W = {g.StrideWidth}" : "")}}, STEPS = {{g.CStored / Operands.StepValues}};
            constexpr int BLOCK_K = {{ConvTensorSamples.Channels(g)}}, K_TILES = K / BLOCK_K, ROW_TILES = 2, COLUMN_TILES = BLOCK_K / 8, UNITS = {{Units}};
            {{DropoutText.Declare(Second.Drop)}}
            #pragma unroll 1
            """);
        string number = g.Pooled ? "window" : "place";
        var epilogue = new ConvTensorEpilogue(
            Second, g.Pooled ? "group * 8 + lane / 4" : "group * (16 * ROW_TILES) + i * 8 + lane / 4", $"{number} / OUT_W", $"{number} % OUT_W",
            g.OutRows * g.OutColumns % (g.Pooled ? 8 : 32) == 0 ? "" : $"{number} >= OUT_H * OUT_W", "k0 + j * 16 + lane % 4 * 4", IsTurned: true)
        { Prefix = "second_" };
        using (writer.Code.Block("for (int unit = warp; unit < UNITS; unit += THREADS / 32)"))
        {
            writer.Code.Line($$"""
                const int group = unit / K_TILES, k0 = unit % K_TILES * BLOCK_K;

                // the row of each 16-row tile that this lane names to load_matrix
                u32 rows[ROW_TILES];
                #pragma unroll
                for (int i = 0; i < ROW_TILES; ++i)
                {
                    {{(g.Pooled ? """
                    const int window = min(group * 8 + lane % 8, OUT_H * OUT_W - 1), row = window / OUT_W * 2 + i, column = window % OUT_W * 2 + (lane / 8 % 2 ^ lane / 4 % 2);
                    """ : """
                    const int place = min((group * ROW_TILES + i) * 16 + lane % 16, OUT_H * OUT_W - 1), row = place / OUT_W, column = place % OUT_W;
                    """)}}
                    rows[i] = shared_address(map + row{{ConvText.Down(g)}} * MAP_ROW + column{{ConvText.Across(g)}} * PIXEL + lane / 16 * 4);
                }

                """);
            epilogue.EmitBias(writer);
            writer.Code.Line("float acc[ROW_TILES][COLUMN_TILES][4] = {};");
            string word = "((k0 / 16 + j) * R + r) * S + s) * (STEPS * 32) + step * 32 + lane]";
            writer.Code.Line(ConvTensorMainloop.Product(Operands.Products, IsLarge, StagesFilter ? $"filter[({word}" : $"__ldg(&second_operands[({word})", "r * MAP_ROW + s * PIXEL", HasMask));
            epilogue.Emit(writer);
        }
    }

    /// <summary>Text that copies a bias into shared memory: in registers it would stay there over all images.</summary>
    private static string Shift(string layer, ConvForwardGroup group, string place) => group.Bias is null ? "" : $"""
        float* {layer}_bias = reinterpret_cast<float*>({place});
        for (int i = thread; i < {group.Geometry.KStored / 4}; i += THREADS) copy_async(&{layer}_bias[4 * i], &{layer}_shift[4 * i]);
        """;

    private static int BiasBytes(ConvForwardGroup group) => group.Bias is null ? 0 : 4 * group.Geometry.KStored;

    private static string[] Parameters(string layer, ConvForwardGroup group) =>
    [
        $"const uint4* __restrict__ {layer}_operands{(group.Bias is null ? "" : $", const float* __restrict__ {layer}_shift")}, float* __restrict__ {layer}_y{(group.Geometry.Pooled ? $", u8* __restrict__ {layer}_arg" : "")}",
    ];

    /// <summary>Words of a pixel of the map.</summary>
    private int Pixel => (Outer.CStored / Operands.Pack) + 4;

    private int MapRows => (((Outer.OutRows * Outer.PoolHeight) - 1) * Outer.StrideHeight) + Outer.R;

    private int MapColumns => (((Outer.OutColumns * Outer.PoolWidth) - 1) * Outer.StrideWidth) + Outer.S;

    /// <summary>Words from a row of the map to the next: as many more than a row has as give the fewest bank conflicts.</summary>
    private int MapRow => Enumerable.Range(0, 8).Select(skew => (MapColumns * Pixel) + (4 * skew)).OrderBy(Conflicts).First();

    /// <summary>Steps of the first layer whose filter stays in registers, where its parts have no room beside it.</summary>
    private int KeptSteps => Operands.Products.IsSplit ? 0 : MaxKeptSteps;

    /// <summary>Whether addresses do not stay in registers over all images, as the parts of factors take those.</summary>
    private bool IsOpaque => TakesTurns && Operands.Products.IsSplit;

    private const string Warp = "lane = thread % 32, warp = thread / 32";

    private bool HasMask => First.Drop is not null || Second.Drop is not null;

    /// <summary>Whether the second layer's steps are not unrolled as a whole: masks take the registers of loads that would be under way.</summary>
    private bool IsLarge => Outer.R * Outer.S * (Outer.CStored / Operands.StepValues) > (Operands.Products.IsSplit ? MaxUnrolledSteps / 3 : MaxUnrolledSteps) || HasMask;

    private int FilterBytes => Outer.R * Outer.S * Outer.CStored * Outer.KStored * 4 / Operands.Pack;

    private int FirstFilterBytes => Inner.KStored * Tile.Steps * 32;

    private int MapAndTileBytes => (4 * ((MapRows * MapRow) + Tile.Words)) + FirstFilterBytes + BiasBytes(First) + BiasBytes(Second);

    private bool StagesFilter => MapAndTileBytes + FilterBytes <= Operands.MaxSharedBytes;

    private int SharedBytes => MapAndTileBytes + (StagesFilter ? FilterBytes : 0);

    /// <summary>What a warp does at a time in the second layer: eight windows or 32 pixels by up to 32 channels.</summary>
    private int Units => ConvTensorSamples.Groups(Outer, Outer.OutRows) * ConvTensorSamples.ChannelTiles(Outer);

    /// <summary>As many warps for each part of the first layer's channels.</summary>
    private int Warps => MaxWarps / ConvTensorSamples.ChannelTiles(Inner) * ConvTensorSamples.ChannelTiles(Inner);

    /// <summary>Rows that stand in the banks of another one, of all that load_matrix reads eight at a time.</summary>
    private int Conflicts(int mapRow)
    {
        ConvGeometry g = Outer;
        int places = g.OutRows * g.OutColumns, eights = (places + 7) / 8, conflicts = 0;
        for (int eight = 0; eight < eights; eight++)
        {
            for (int side = 0; side < (g.Pooled ? 2 : 1); side++)
            {
                int[] words = [.. Enumerable.Range(0, 8).Select(row =>
                {
                    int place = Math.Min((eight * 8) + row, places - 1), column = (place % g.OutColumns * g.PoolWidth) + (g.Pooled ? side ^ (row / 4) : 0);
                    return (place / g.OutColumns * g.PoolHeight * g.StrideHeight * mapRow) + (column * g.StrideWidth * Pixel);
                }).Distinct()];
                conflicts += words.Length - words.Select(static word => word / 4 % 8).Distinct().Count();
            }
        }

        return conflicts;
    }

    private static string Shifted(string place, int border) => border == 0 ? place : $"({place} + {border})";

    private static string Minus(int border) => border == 0 ? "" : $" - {border}";

    private string Comment(string layers)
    {
        ConvGeometry g = Inner, h = Outer;
        return $"""
            // {First.Name}, {Second.Name} fprop  <- {layers}
            //   first_y[n,p,q,k] = {Value(First, "x")}
            //   second_y[n,p,q,k] = {Value(Second, "first_y")}
            //   x u8 or f32[N,{g.H},{g.W},{g.C}] out of the data set, in the epoch's order  first_y {CudaWriter.MapText(g, output: true)} NHWC, null where nobody else reads it  second_y {CudaWriter.MapText(h, output: true)} NHWC{(g.Pooled || h.Pooled ? "  arg u8 of the same form, the maximum's place in its window, of equals the first; null when predicting" : "")}
            //   first_operands {Operands.Name}[{g.KStored / 16}][{Tile.Steps}][lane][{4 * Operands.Pack}] w, zeros behind a filter's row and behind the last one  second_operands {Operands.Name}[{h.KStored / 16}][{h.R * h.S}][{h.CStored / Operands.StepValues}][lane][{4 * Operands.Pack}] w;  all factors {Operands.Factors}, sums f32
            //   implicit GEMMs N*{g.P * g.Q} x {g.K} x {g.R * g.S * g.C} and N*{h.P * h.Q} x {h.K} x {h.R * h.S * h.C} on tensor cores; block {32 * Warps} = an image at a time; a warp {Part(g)}, then {Part(h)} at a time; grid {(TakesTurns ? $"min(N, {MaxBlocks})" : "N")}
            //   proved away: maps that are pooled reach no memory before they are, first_y none when predicting; {ConvText.Edges(h)}
            """;

        static string Part(ConvGeometry geometry) => $"{(geometry.Pooled ? "8 windows" : "32 pixels")} x {ConvTensorSamples.Channels(geometry)} channels";

        static string Value(ConvForwardGroup group, string x)
        {
            ConvGeometry geometry = group.Geometry;
            string sum = $"sum(r,s,c) {x}[n,{ConvText.InputRow(geometry)},{ConvText.InputColumn(geometry)},c] w[r,s,c,k]" + (group.Bias is null ? "" : " + b[k]"), value = group.Relu ? $"relu({sum})" : sum;
            return (geometry.Pooled ? $"max over 2x2 of {value}" : value) + DropoutText.Comment(group.Drop).Replace("\n//   then", ", then").Replace(": y /", ": /");
        }
    }
}
