using Convoke.Kernels.Scheduling;

namespace Convoke.Kernels.Cuda.TensorCores;

/// <summary>Filter and bias gradients of the model's first convolution inside of <see cref="ConvTensorBackward"/> of the second, whose dx is in shared memory.</summary>
/// <remarks>
/// Lanes are output channels and walk over the windows. Only a window's winner has a gradient, so a lane has one multiply-add for each tap, at its own winner's place: by fused multiply-adds
/// that are fewer than tensor cores would make with the zeros. Winners are under way, in registers, while the products of the second layer are made.
/// </remarks>
/// <param name="Group">The first layer.</param>
/// <param name="Samples">Its input.</param>
/// <param name="Second">The second layer.</param>
/// <param name="Warps">Warps of a block.</param>
/// <param name="IsHalf">Whether the second layer's input is staged as F16, else as BF16.</param>
public sealed record ConvFirstWgrad(ConvBackwardGroup Group, InputText Samples, ConvBackwardGroup Second, int Warps, bool IsHalf)
{
    private const int MaxTaps = 27, MaxWindows = 32, MaxPixels = 4;

    private ConvGeometry G => Group.Geometry;

    /// <summary>Whether a first layer's gradient can be made so.</summary>
    public bool Fits => Second.Dx == Group.Dy && (!Group.Relu || Second.X == Group.Y) && !Group.IsShared && Taps <= MaxTaps && Windows <= MaxWindows
        && G.OutRows == Second.Geometry.H && G.OutColumns == Second.Geometry.W && G.KStored == Second.Geometry.CStored && (G.KStored == 16 || (G.KStored % 32 == 0 && Warps % Groups == 0))
        && (!G.Pooled || (G.PoolHeight == 2 && G.PoolWidth == 2))
        && Second.Geometry.H + Second.Geometry.Top <= ConvTensorBackwardTile.P(Second.Geometry) + Second.Geometry.R - 1 && Second.Geometry.W + Second.Geometry.Left <= ConvTensorBackwardTile.Q(Second.Geometry) + Second.Geometry.S - 1;

    private int Taps => G.R * G.S * G.CStored;

    private int Lanes => Math.Min(32, G.KStored);

    private int Groups => Math.Max(1, G.KStored / 32);

    /// <summary>Windows of a lane.</summary>
    private int Windows => ((G.OutRows * G.OutColumns) + Stride - 1) / Stride;

    private string Word => Windows > 16 ? "u64" : "u32";

    private int PixelTurns => ConvBackwardStages.Turns(Rows * Columns * G.CStored, 32 * Warps);

    /// <summary>Whether a thread has the image's values in registers before it stores them.</summary>
    private bool PixelsAhead => PixelTurns <= MaxPixels;

    private int Stride => Warps / Groups * (32 / Lanes);

    private int Rows => (((G.OutRows * G.PoolHeight) - 1) * G.StrideHeight) + G.R;

    private int Columns => (((G.OutColumns * G.PoolWidth) - 1) * G.StrideWidth) + G.S;

    /// <summary>Floats from one staged row to the next: odd, so that a window's places lie in different banks.</summary>
    private int Pitch => (Columns * G.CStored) | 1;

    /// <summary>Shared memory beside the second layer's: the image. The sums of the warps take the second layer's place.</summary>
    public int SharedBytes => (Math.Max(4 * Rows * Pitch, (Warps * 32 * (Taps + 1) * 4) - ConvTensorBackwardTile.SharedBytes(Second.Geometry)) + 15) & ~15;

    public string[] Parameters => [.. G.Pooled ? new[] { "const u8* __restrict__ first_arg" } : [], "float* __restrict__ first_partials", .. Group.Bias is null ? [] : new[] { "float* __restrict__ first_bias_partials" }];

    public string Comment => $"and of {Group.Name} wgrad, from {Samples.Of}the samples u8 or f32[N,{G.H},{G.W},{G.C}], {(G.Pooled ? "one multiply-add a window, channel and tap" : "by fused multiply-adds")}, f32";

    public static void EmitHelpers(CudaWriter writer) => writer.Helper("sample_at", StepText.SampleAt);

    public void EmitConstants(CudaWriter writer) => writer.Code.Line($$"""
        // of the first layer
        constexpr int FIRST_H = {{G.H}}, FIRST_W = {{G.W}}, FIRST_C = {{G.CStored}}, FIRST_R = {{G.R}}, FIRST_S = {{G.S}}, FIRST_PANEL = {{G.Panel}}, FIRST_TAPS = FIRST_R * FIRST_S * FIRST_C, FIRST_ROWS = {{Rows}}, FIRST_COLUMNS = {{Columns}}, FIRST_PITCH = {{Pitch}};
        constexpr int LANES = {{Lanes}}, GROUPS = {{Groups}}, WINDOWS = {{Windows}}, STRIDE = {{Stride}};         // windows of a lane, and from one of them to the next
        """ + (Group.Scale != 1 ? $"\nconstexpr float FIRST_SCALE = {CudaWriter.Literal(Group.Scale)};            // of dropout, whose mask is that of the relu" : ""));

    public void EmitDeclarations(CudaWriter writer) => writer.Code.Line($$"""
        float* image = reinterpret_cast<float*>(filter + C / 16 * R * S * (K / 16) * 32);      // f32[FIRST_ROWS][FIRST_PITCH]
        float first_dw[FIRST_TAPS] = {}{{(Group.Bias is null ? "" : ", first_db = 0")}};
        """);

    /// <summary>Emits what finds the sample.</summary>
    public void EmitSample(CudaWriter writer) => writer.Code.Line($"""
        const int channel = warp % GROUPS * 32 + lane % LANES, first_window = warp / GROUPS * (32 / LANES) + lane / LANES, sample = sample_at(step, n);
        const size_t origin = {Samples.Origin("(FIRST_H * FIRST_W * FIRST_C)")};
        """);

    /// <summary>Emits the loads of the winners, and of the image.</summary>
    public void EmitLoads(CudaWriter writer)
    {
        if (G.Pooled)
        {
            writer.Code.Line("""
                u32 places_of_first[WINDOWS];
                #pragma unroll
                for (int i = 0; i < WINDOWS; ++i) places_of_first[i] = first_window + i * STRIDE < H * W ? first_arg[(size_t)n * (H * W * C) + (first_window + i * STRIDE) * C + channel] : 0;
                """);
        }

        writer.Code.Line("const bool bytes = step->bytes;");
        if (PixelsAhead) writer.Code.Line(LoadPixels(PixelTurns, "thread"));
    }

    /// <summary>Emits what stores the image in shared memory, and the winners, two bits each, in one register.</summary>
    public void EmitStore(CudaWriter writer)
    {
        if (G.Pooled)
        {
            writer.Code.Line($"""
                {Word} winners = 0;
                #pragma unroll
                for (int i = 0; i < WINDOWS; ++i) winners |= ({Word})places_of_first[i] << 2 * i;
                """);
        }

        writer.Code.Line(PixelsAhead ? StorePixels(PixelTurns, "thread") : $$"""
            #pragma unroll 1
            for (int from = thread; from < FIRST_ROWS * FIRST_COLUMNS * FIRST_C; from += {{MaxPixels}} * THREADS)
            {
                {{LoadPixels(MaxPixels, "from").Replace("\n", "\n    ")}}
                {{StorePixels(MaxPixels, "from").Replace("\n", "\n    ")}}
            }
            """);
    }

    /// <summary>Text that loads values of the image as they lie in memory, so that all are under way before the first is waited for.</summary>
    private string LoadPixels(int turns, string from) => $$"""
        u32 pixels[{{turns}}];
        if (bytes)
        {
            #pragma unroll
            for (int j = 0; j < {{turns}}; ++j)
            {
                {{LoadPixel("u8", from)}}
            }
        }
        else
        {
            #pragma unroll
            for (int j = 0; j < {{turns}}; ++j)
            {
                {{LoadPixel("u32", from)}}
            }
        }
        """;

    private string LoadPixel(string type, string from)
    {
        string inside = ConvText.Inside(G).Replace("H", "FIRST_H").Replace("W", "FIRST_W"), top = G.Top > 0 ? $" - {G.Top}" : "", left = G.Left > 0 ? $" - {G.Left}" : "";
        return $"""
            const int i = {from} + j * THREADS, h = i / (FIRST_COLUMNS * FIRST_C){top}, w = i / FIRST_C % FIRST_COLUMNS{left};
                    pixels[j] = i < FIRST_ROWS * FIRST_COLUMNS * FIRST_C && {inside} ? static_cast<const {type}*>(step->images)[origin + (h * FIRST_W + w) * FIRST_C + i % FIRST_C] : 0;
            """;
    }

    private static string StorePixels(int turns, string from) => $$"""
        #pragma unroll
        for (int j = 0; j < {{turns}}; ++j)
        {
            const int i = {{from}} + j * THREADS;
            if (i < FIRST_ROWS * FIRST_COLUMNS * FIRST_C) image[i / (FIRST_COLUMNS * FIRST_C) * FIRST_PITCH + i % (FIRST_COLUMNS * FIRST_C)] = bytes ? pixels[j] * (1.0f / 255.0f) : __uint_as_float(pixels[j]);
        }
        """;

    public void EmitProduct(CudaWriter writer)
    {
        ConvGeometry second = Second.Geometry;
        string down = G.StrideHeight > 1 ? $" * {G.StrideHeight}" : "", across = G.StrideWidth > 1 ? $" * {G.StrideWidth}" : "";
        string word = $"const u32 word = input[((window / W{(second.Top > 0 ? " + TOP" : "")}) * COLUMNS + window % W{(second.Left > 0 ? " + LEFT" : "")}) * PITCH + channel / 2];\n        ";
        // A half above zero, up to infinity, is a number from 1 on.
        string open = !Group.Relu ? "" : word + (IsHalf
            ? "const bool open = (channel % 2 == 0 ? word & 0xffffu : word >> 16) - 1 < 0x7c00u;\n        "
            : "const float value = __uint_as_float(channel % 2 == 0 ? word << 16 : word & 0xffff0000u);\n        ");
        string gradient = $"dx_tile[window * DX_PITCH + channel]{(Group.Scale != 1 ? " * FIRST_SCALE" : "")}";
        writer.Code.Line($$"""
            // the first layer's wgrad: a lane has a channel, and some windows
            #pragma unroll 4
            for (int i = 0; i < WINDOWS; ++i)
            {
                const int window = first_window + i * STRIDE;
                if (window < H * W)
                {
                    {{open}}const float gradient = {{(Group.Relu ? $"{(IsHalf ? "open" : "value > 0.0f")} ? {gradient} : 0.0f" : gradient)}};
                    {{(G.Pooled ? $"""
                    const int place = (int)(winners >> 2 * i) & 3;
                            const float* from = image + (window / W * 2 + place / 2){down} * FIRST_PITCH + (window % W * 2 + place % 2){across} * FIRST_C;
                    """ : $"const float* from = image + window / W{down} * FIRST_PITCH + window % W{across} * FIRST_C;")}}
                    #pragma unroll
                    for (int tap = 0; tap < FIRST_TAPS; ++tap) first_dw[tap] = fmaf(gradient, from[tap / (FIRST_S * FIRST_C) * FIRST_PITCH + tap % (FIRST_S * FIRST_C)], first_dw[tap]);{{(Group.Bias is null ? "" : "\n        first_db += gradient;")}}
                }
            }
            """);
    }

    public void EmitEpilogue(CudaWriter writer)
    {
        bool biased = Group.Bias is not null;
        writer.Code.Line($$"""

            // the first layer's: sums of the warps in order, one partial a slice
            __syncthreads();
            float* first_sums = reinterpret_cast<float*>(dynamic_shared);       // [warp][FIRST_TAPS{{(biased ? " + 1" : "")}}][lane]
            #pragma unroll
            for (int tap = 0; tap < FIRST_TAPS; ++tap) first_sums[(warp * {{(biased ? "(FIRST_TAPS + 1)" : "FIRST_TAPS")}} + tap) * 32 + lane] = first_dw[tap];
            {{(biased ? "first_sums[(warp * (FIRST_TAPS + 1) + FIRST_TAPS) * 32 + lane] = first_db;\n" : "")}}__syncthreads();
            for (int i = thread; i < {{(biased ? "(FIRST_TAPS + 1)" : "FIRST_TAPS")}} * C; i += THREADS)
            {
                const int tap = i / C, k = i % C;
                float sum = 0;
                for (int of = k / 32; of < THREADS / 32; of += GROUPS)
                    #pragma unroll
                    for (int part = 0; part < 32 / LANES; ++part) sum += first_sums[(of * {{(biased ? "(FIRST_TAPS + 1)" : "FIRST_TAPS")}} + tap) * 32 + part * LANES + k % LANES];
                {{(biased ? """
                if (tap == FIRST_TAPS) first_bias_partials[slice * C + k] = sum;
                    else 
                """ : "")}}first_partials[(size_t)slice * (FIRST_TAPS * C) + k / FIRST_PANEL * (FIRST_PANEL * FIRST_TAPS) + tap * FIRST_PANEL + k % FIRST_PANEL] = sum;
            }
            """);
    }
}
