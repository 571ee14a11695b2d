using Convoke.Kernels.Scheduling;

namespace Convoke.Kernels.Cuda;

/// <summary>Filter and bias gradients of a convolution, summed over a slice of the images into a partial.</summary>
/// <remarks>
/// Under pooling only a window's winner has a gradient: the window's place in the staged input is shifted to the winner once, and the loop over windows has no
/// branch and multiplies no zeros but those that ReLU made. Lanes run over output channels; the winners of a window start in different banks.
/// </remarks>
public static class ConvWgrad
{
    public static CudaGrid Grid(ConvBackwardGroup group, int slices)
    {
        WgradTile tile = WgradTile.Choose(group.Geometry);
        return new(0, tile.Units(group.Geometry), 1, slices);
    }

    public static CudaKernel Emit(CudaWriter writer, string name, string layer, ConvBackwardGroup group, InputText? samples)
    {
        ConvGeometry g = group.Geometry;
        WgradTile tile = WgradTile.Choose(g);
        if (samples is not null)
        {
            writer.Helper("sample_at", StepText.SampleAt);
            writer.Helper("typed_pixel", StepText.TypedPixel);
        }

        var kernel = new CudaKernel(name, tile.Threads, ConvText.MinBlocks(g, tile.Threads), 4 * tile.SharedFloats(g));
        string[] parameters = [
            samples is null ? "const float* __restrict__ x" : "const Step* __restrict__ step", "const float* __restrict__ dy",
            .. group.Relu ? new[] { "const float* __restrict__ y" } : [], .. g.Pooled ? new[] { "const u8* __restrict__ arg" } : [],
            "float* __restrict__ partials", .. group.Bias is null ? [] : new[] { "float* __restrict__ bias_partials" }, "int batch"];
        bool quads = tile.Chunk % 4 == 0 && tile.Pitch % 4 == 0;
        using (writer.Kernel(kernel, Comment(layer, group, tile, samples), parameters))
        {
            if (group.Scale != 1) writer.Code.Line(DropoutText.Scale(group.Scale));
            writer.Code.Line($$"""
                constexpr int H = {{g.H}}, W = {{g.W}}, C = {{g.CStored}}, R = {{g.R}}, S = {{g.S}}, K = {{g.KStored}}, PANEL = {{g.Panel}}, POOL_H = {{g.PoolHeight}}, POOL_W = {{g.PoolWidth}}, OUT_H = {{g.OutRows}}, OUT_W = {{g.OutColumns}}{{ConvText.Constants(g)}};
                constexpr int CHANNELS = {{tile.Channels}}, CHUNK = {{tile.Chunk}}, CHUNKS = {{tile.Chunks(g)}}, {{(tile.Whole && tile.Splits == 1 ? "" : $"TAPS = {tile.Taps}, ")}}{{(tile.Splits > 1 ? $"SPLITS = {tile.Splits}, " : "")}}ELEMENTS = {{tile.Elements(g)}}, UNITS = {{tile.Units(g)}}, THREADS = {{tile.Threads}};
                constexpr int BAND_H = {{tile.Rows}}, BAND_W = {{tile.Columns}}, ROWS = {{ConvText.StagedRows(g, "BAND_H * POOL_H")}}, COLUMNS = {{ConvText.StagedColumns(g, "BAND_W * POOL_W")}}, PITCH = {{tile.Pitch}}, FLOATS = R * S * C * K;
                __shared__ __align__(16) float shared[{{tile.SharedFloats(g)}}];
                float* input = shared;                                             // f32[ROWS][COLUMNS][PITCH], CHUNK channels of it
                float* dz = shared + {{WgradTile.Pad4(tile.StagedRows(g) * tile.StagedColumns(g) * tile.Pitch)}};                                          // f32[BAND_H * BAND_W][CHANNELS]
                """);
            if (g.Pooled) writer.Code.Line("int* winners = reinterpret_cast<int*>(dz + BAND_H * BAND_W * CHANNELS);   // where in input each window's winner has its first tap");
            writer.Code.Line($$"""
                const int thread = threadIdx.x, channel = thread % CHANNELS, unit = blockIdx.x % UNITS, slice = blockIdx.x / UNITS, slices = gridDim.x / UNITS;
                const int k0 = unit % (K / CHANNELS) * CHANNELS, c0 = unit / (K / CHANNELS) % CHUNKS * CHUNK{{(tile.Splits > 1 ? ", split = thread / CHANNELS / TAPS" : "")}};
                {{(tile.Whole ? "" : "const int tap = unit / (K / CHANNELS) / CHUNKS * TAPS + thread / CHANNELS % TAPS, first = tap < R * S ? (tap / S * COLUMNS + tap % S) * PITCH : 0;")}}

                float dw[ELEMENTS] = {};
                {{(group.Bias is null ? "" : "float db = 0;")}}
                """);
            using (writer.Code.Block("for (int n = slice; n < batch; n += slices)"))
            {
                if (samples is not null) writer.Code.Line("const int sample = sample_at(step, n);            // under way while the gradient is staged");

                bool banded = tile.Rows < g.OutRows || tile.Columns < g.OutColumns;
                if (tile.Rows < g.OutRows) writer.Code.Line("for (int band_row = 0; band_row < OUT_H; band_row += BAND_H)");
                if (tile.Columns < g.OutColumns) writer.Code.Line("for (int band_column = 0; band_column < OUT_W; band_column += BAND_W)");
                using (banded ? writer.Code.Block("") : null)
                {
                    if (tile.Rows == g.OutRows) writer.Code.Line("constexpr int band_row = 0;");
                    if (tile.Columns == g.OutColumns) writer.Code.Line("constexpr int band_column = 0;");
                    // Loads under way at once want registers beside the sums.
                    string unroll = tile.Elements(g) > 28 ? "#pragma unroll 2" : "#pragma unroll 4";
                    int turns = ((tile.Rows * tile.Columns * tile.Channels / 4) + tile.Threads - 1) / tile.Threads;
                    writer.Code.Line(StageGradient(group).Replace("#pragma unroll 4", tile.Elements(g) <= 28 && turns <= 6 ? "#pragma unroll" : unroll));
                    if (samples is not null) writer.Code.Line($"const size_t origin = {samples.Origin("(H * W * C)")};");
                    writer.Code.Line(StageInput(samples is not null, g, tile).Replace("#pragma unroll 4", unroll));
                    writer.Code.Line("__syncthreads();");
                    writer.Code.Line();
                    EmitLoop(writer, group, tile, quads);
                    writer.Code.Line("__syncthreads();                // the stage is free again");
                }
            }

            EmitEpilogue(writer, group, tile);
        }

        return kernel;
    }

    private static string Comment(string layer, ConvBackwardGroup group, WgradTile tile, InputText? samples)
    {
        ConvGeometry g = group.Geometry;
        string dz = (g.Pooled ? $"dy at the winner of each {g.PoolHeight}x{g.PoolWidth} window" : "dy") + (group.Relu ? ", where y > 0" : "") + DropoutText.TimesComment(group.Scale);
        string input = samples is not null ? $"{samples.Of}x u8 or f32[N,{g.H},{g.W},{g.C}] out of the data set" : $"x {CudaWriter.MapText(g, output: false)} NHWC";
        return $"""
            // {group.Name} wgrad  <- {layer}
            //   dw[r,s,c,k] = sum(n,p,q) x[n,{ConvText.InputRow(g)},{ConvText.InputColumn(g)},c] dz[n,p,q,k]{(group.Bias is null ? "" : "; db[k] = sum(n,p,q) dz")};  dz f32[N,{g.P},{g.Q},{g.KStored}] = {dz}
            //   {input}  dy {CudaWriter.MapText(g, output: true)}  partials f32[slices] of w's layout{(group.Bias is null ? "" : $", bias_partials f32[slices][{g.KStored}]")}
            //   GEMM {g.K} x {g.R * g.S * g.C} x N*{(g.Pooled ? g.OutRows * g.OutColumns : g.P * g.Q)}; block {tile.Threads} = {tile.Channels} output channels x {(tile.Whole ? "the whole filter" : $"{tile.Taps} taps")}{(tile.Splits > 1 ? $" x {tile.Splits} shares of the windows" : "")}; grid {tile.Units(g)} x min(N, {tile.Slices}) slices, image n goes to slice n % slices
            //   proved away: {(g.Pooled ? $"{(g.PoolHeight * g.PoolWidth) - 1} of {g.PoolHeight * g.PoolWidth} multiply-adds, whose gradient is zero; " : "")}{(g.IsPadded ? ConvText.Edges(g) : "no edge guard in the reduction")}
            """;
    }

    private static string StageInput(bool samples, ConvGeometry g, WgradTile tile)
    {
        bool guard = g.CStored % tile.Chunk != 0;
        string row = $"band_row * POOL_H{ConvText.Down(g)}", column = $"band_column * POOL_W{ConvText.Across(g)}", top = ConvText.Top(g), left = ConvText.Left(g), inside = ConvText.Inside(g);
        if (!samples && tile.Chunk % 4 == 0 && tile.Pitch % 4 == 0 && g.CStored % 4 == 0 && !guard)
        {
            return $$"""
                #pragma unroll 4
                for (int i = thread; i < ROWS * COLUMNS * (CHUNK / 4); i += THREADS)
                {
                    const int h = {{row}} + i / (COLUMNS * (CHUNK / 4)){{top}}, w = {{column}} + i / (CHUNK / 4) % COLUMNS{{left}}, c = i % (CHUNK / 4) * 4;
                    const float4 four = {{inside}} ? *reinterpret_cast<const float4*>(&x[(((size_t)n * H + h) * W + w) * C + c0 + c]) : make_float4(0, 0, 0, 0);
                    *reinterpret_cast<float4*>(&input[i / (CHUNK / 4) * PITCH + c]) = four;
                }
                """;
        }

        string value = samples ? "pixel(step, origin + (h * W + w) * C + c0 + c)" : "x[(((size_t)n * H + h) * W + w) * C + c0 + c]";
        string loop = $$"""
            #pragma unroll 4
            for (int i = thread; i < ROWS * COLUMNS * CHUNK; i += THREADS)
            {
                const int h = {{row}} + i / (COLUMNS * CHUNK){{top}}, w = {{column}} + i / CHUNK % COLUMNS{{left}}, c = i % CHUNK;
                input[i / CHUNK * PITCH + c] = {{inside}}{{(guard ? " && c0 + c < C" : "")}} ? {{value}} : 0.0f;
            }
            """;
        return samples ? StepText.EitherType(loop) : loop;
    }

    private static string StageGradient(ConvBackwardGroup group)
    {
        ConvGeometry g = group.Geometry;
        bool pooled = g.Pooled;
        string down = ConvText.Down(g), across = ConvText.Across(g);
        string mask4 = group.Relu ? $$"""

                    const float4 open = *reinterpret_cast<const float4*>(&y[at]);
                    {{DropoutText.Masked("gradient", group.Scale)}}
            """ : "";
        string winner4 = pooled ? $$"""

                    const uchar4 winner = *reinterpret_cast<const uchar4*>(&arg[at]);
                    places = make_int4(place + shift(winner.x), place + shift(winner.y), place + shift(winner.z), place + shift(winner.w));
            """ : "";
        return $$"""
            {{(pooled ? $"auto shift = [](int at) {{ return (at / POOL_W{down} * COLUMNS + at % POOL_W{across}) * PITCH; }};\n" : "")}}#pragma unroll 4
            for (int i = thread; i < BAND_H * BAND_W * (CHANNELS / 4); i += THREADS)
            {
                const int k = i % (CHANNELS / 4) * 4, row = i / (CHANNELS / 4) / BAND_W, column = i / (CHANNELS / 4) % BAND_W;
                float4 gradient = make_float4(0, 0, 0, 0);{{(pooled ? $"\n    const int place = (row * POOL_H{down} * COLUMNS + column * POOL_W{across}) * PITCH;\n    int4 places = make_int4(place, place, place, place);" : "")}}
                if (band_row + row < OUT_H && band_column + column < OUT_W)
                {
                    const size_t at = (((size_t)n * OUT_H + band_row + row) * OUT_W + band_column + column) * K + k0 + k;
                    gradient = *reinterpret_cast<const float4*>(&dy[at]);{{mask4}}{{winner4}}
                }
                *reinterpret_cast<float4*>(&dz[4 * i]) = gradient;{{(pooled ? "\n    *reinterpret_cast<int4*>(&winners[4 * i]) = places;" : "")}}
            }
            """;
    }

    private static void EmitLoop(CudaWriter writer, ConvBackwardGroup group, WgradTile tile, bool quads)
    {
        ConvGeometry g = group.Geometry;
        string place = g.Pooled ? "winners[window * CHANNELS + channel]" : $"(window / BAND_W{ConvText.Down(g)} * COLUMNS + window % BAND_W{ConvText.Across(g)}) * PITCH";
        string start = tile.Whole ? "" : " + first";
        writer.Code.Line($"#pragma unroll {(tile.Elements(g) > 28 ? 1 : tile.Elements(g) > 12 ? 2 : 4)}");
        using (writer.Code.Block(tile.Splits == 1 ? "for (int window = 0; window < BAND_H * BAND_W; ++window)" : "for (int window = split; window < BAND_H * BAND_W; window += SPLITS)"))
        {
            writer.Code.Line("const float gradient = dz[window * CHANNELS + channel];");
            if (group.Bias is not null) writer.Code.Line("db += gradient;");
            writer.Code.Line($"const float* from = input + {place}{start};");
            string offset = tile.Whole ? "(i / (S * C) * COLUMNS + i / C % S) * PITCH + i % C" : "i";
            writer.Code.Line(quads
                ? $$"""
                    #pragma unroll
                    for (int i = 0; i < ELEMENTS; i += 4)
                    {
                        const float4 four = *reinterpret_cast<const float4*>(from + {{offset}});
                        dw[i] = fmaf(gradient, four.x, dw[i]); dw[i + 1] = fmaf(gradient, four.y, dw[i + 1]); dw[i + 2] = fmaf(gradient, four.z, dw[i + 2]); dw[i + 3] = fmaf(gradient, four.w, dw[i + 3]);
                    }
                    """
                : $"#pragma unroll\nfor (int i = 0; i < ELEMENTS; ++i) dw[i] = fmaf(gradient, from[{offset}], dw[i]);");
        }
    }

    private static void EmitEpilogue(CudaWriter writer, ConvBackwardGroup group, WgradTile tile)
    {
        ConvGeometry g = group.Geometry;
        var code = writer.Code;
        code.Line();
        if (tile.Splits > 1)
        {
            EmitShares(writer, group, tile);
            return;
        }

        code.Line("// epilogue: one partial a slice");
        if (!tile.Whole && (g.R * g.S) % tile.Taps != 0) code.Line("if (tap >= R * S) return;");
        code.Line($"const int k = k0 + channel;");
        code.Line("float* to = partials + (size_t)slice * FLOATS + k / PANEL * (PANEL * R * S * C) + k % PANEL;");
        code.Line("#pragma unroll");
        code.Line(tile.Whole
            ? "for (int i = 0; i < ELEMENTS; ++i) to[i * PANEL] = dw[i];"
            : g.CStored % tile.Chunk == 0
                ? "for (int i = 0; i < ELEMENTS; ++i) to[(tap * C + c0 + i) * PANEL] = dw[i];"
                : "for (int i = 0; i < ELEMENTS; ++i)\n    if (c0 + i < C) to[(tap * C + c0 + i) * PANEL] = dw[i];");
        if (group.Bias is not null) code.Line((tile.Whole ? "" : "if (tap == 0 && c0 == 0) ") + "bias_partials[slice * K + k] = db;");
    }

    /// <summary>All sums go through shared memory at once, so that all threads add shares behind one barrier.</summary>
    private static void EmitShares(CudaWriter writer, ConvBackwardGroup group, WgradTile tile)
    {
        ConvGeometry g = group.Geometry;
        bool biased = group.Bias is not null;
        string guard = string.Join(" || ", new[] { !tile.Whole && (g.R * g.S) % tile.Taps != 0 ? "tap >= R * S" : "", !tile.Whole && g.CStored % tile.Chunk != 0 ? "c0 + element >= C" : "" }.Where(static t => t.Length > 0));
        writer.Code.Line($$"""
            // epilogue: the shares of the windows in order, then one partial a slice
            constexpr int OWNERS = CHANNELS{{(tile.Whole ? "" : " * TAPS")}};
            #pragma unroll
            for (int i = 0; i < ELEMENTS; ++i) shared[i * THREADS + thread] = dw[i];
            {{(biased ? "shared[ELEMENTS * THREADS + thread] = db;\n" : "")}}__syncthreads();
            auto total = [&](int element, int owner)
            {
                float sum = shared[element * THREADS + owner];
                #pragma unroll
                for (int other = 1; other < SPLITS; ++other) sum += shared[element * THREADS + other * OWNERS + owner];
                return sum;
            };
            for (int i = thread; i < ELEMENTS * OWNERS; i += THREADS)
            {
                const int element = i / OWNERS, k = k0 + i % CHANNELS{{(tile.Whole ? "" : ", tap = unit / (K / CHANNELS) / CHUNKS * TAPS + i % OWNERS / CHANNELS")}};
                {{(guard.Length == 0 ? "" : $"if ({guard}) continue;\n    ")}}partials[(size_t)slice * FLOATS + k / PANEL * (PANEL * R * S * C) + {{(tile.Whole ? "element" : "(tap * C + c0 + element)")}} * PANEL + k % PANEL] = total(element, i % OWNERS);
            }
            {{(!biased ? "" : $"if (thread < CHANNELS{(tile.Whole ? "" : " && unit < K / CHANNELS")}) bias_partials[slice * K + k0 + thread] = total(ELEMENTS, thread);")}}
            """);
    }
}
