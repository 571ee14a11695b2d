using Convoke.Kernels.Scheduling;

namespace Convoke.Kernels.Cuda.TensorCores;

/// <summary>A first convolution behind which the network's last dense layer stands: its map is multiplied by that layer's weights while it is in registers, a part of the logits a block.</summary>
/// <remarks>
/// Rows of a product are images, one window of each: so a lane has four neighbouring channels of two images, which are factors of the next product as they are, and the sums over windows
/// stay in registers. The logits are f32, as they are without tensor cores: both factors are the sum of two TF32 numbers, of which the product of the small ones is left out
/// (Ootomo and Yokota 2022, section 3).
/// </remarks>
public sealed class ConvTensorLogits
{
    private const int Images = 16, MaxWarps = 16, MaxParts = 32, MaxUnrolledSteps = 4, MaxSharedBytes = 48 * 1024, MaxSkew = 32;

    private readonly SampleTile _tile;
    private readonly Operands _operands;

    private ConvTensorLogits(ConvForwardGroup conv, DenseForwardGroup last, Operands operands)
    {
        (Conv, Last, _operands) = (conv, last, operands);
        _tile = new SampleTile(conv.Geometry, operands.Pack, BandRows);
    }

    /// <summary>The convolution.</summary>
    public ConvForwardGroup Conv { get; }

    /// <summary>The last layer.</summary>
    public DenseForwardGroup Last { get; }

    /// <summary>Parts of the logits: bands of the map.</summary>
    public int Parts => (Geometry.OutRows + BandRows - 1) / BandRows;

    public CudaGrid Grid => CudaGrid.PerSample(Parts, Images);

    private ConvGeometry Geometry => Conv.Geometry;

    /// <summary>Rows of windows in a block.</summary>
    private int BandRows => Math.Max(1, Math.Min(Geometry.OutRows, MaxWarps / Geometry.OutColumns));

    private int Windows => BandRows * Geometry.OutColumns;

    /// <summary>Warps of a block, each with a window at a time, and as few of them idle in the last turn as can be.</summary>
    private int Warps => (Windows + ((Windows + MaxWarps - 1) / MaxWarps) - 1) / ((Windows + MaxWarps - 1) / MaxWarps);

    private int Threads => 32 * Warps;

    /// <summary>Steps whose filter stays in registers, where its parts have no room beside it.</summary>
    private int KeptSteps => _operands.Products.IsSplit ? 0 : MaxUnrolledSteps;

    private int Stored => Panels.Pad(Last.Units);

    /// <summary>Words from an image's samples to the next one's: what costs fewest bank conflicts.</summary>
    private int ImageWords => Enumerable.Range(0, MaxSkew / 4).Select(skew => ((_tile.Words + 3) / 4 * 4) + (4 * skew)).OrderBy(Passes).First();

    private int SharedBytes => 4 * ((Images * ImageWords) + (Warps * Images * Stored));

    /// <summary>The kernel for a convolution and a last layer; null where they do not suit it, and at F16: the logits are float32, which two halves are not, and TF32 is not there.</summary>
    public static ConvTensorLogits? Choose(ConvForwardGroup conv, DenseForwardGroup last, Operands operands)
    {
        ConvGeometry g = conv.Geometry;
        if (operands.IsHalf || !g.Pooled || !ConvTensorSamples.Suits(g) || last.In != g.OutRows * g.OutColumns * g.KStored || last.Units > 16) return null;
        var chosen = new ConvTensorLogits(conv, last, operands);
        return chosen.Parts <= MaxParts && chosen.SharedBytes <= MaxSharedBytes ? chosen : null;
    }

    /// <summary>Emits the kernel; it serves training and prediction, which passes no place for the map.</summary>
    public CudaKernel Emit(CudaWriter writer, string name, string layer, InputText samples)
    {
        ConvGeometry g = Geometry;
        ConvTensorSamples.EmitHelpers(writer, Conv, _operands);
        _operands.EmitMultiplySamples(writer);
        new Products(IsSplit: true).EmitHelpers(writer);
        var kernel = new CudaKernel(name, Threads, 1, SharedBytes);
        string[] parameters = [
            "const Step* __restrict__ step, const uint4* __restrict__ operands" + (Conv.Bias is null ? "" : ", const float* __restrict__ bias") + ", const float* __restrict__ weights",
            "float* __restrict__ y, u8* __restrict__ arg, float* __restrict__ parts, int batch"];
        using (writer.Kernel(kernel, Comment(layer), parameters))
        {
            bool ragged = g.OutRows % BandRows != 0, several = g.KStored > ConvTensorSamples.Channels(g);
            writer.Code.Line($$"""
                constexpr int H = {{g.H}}, W = {{g.W}}, C = {{g.CStored}}, R = {{g.R}}, S = {{g.S}}, K = {{g.KStored}}, POOL_H = {{g.PoolHeight}}, OUT_H = {{g.OutRows}}, OUT_W = {{g.OutColumns}}{{ConvText.Constants(g)}};
                constexpr int IMAGES = {{Images}}, BANDS = {{Parts}}, BAND = {{BandRows}}, WINDOWS = BAND * OUT_W, WARPS = {{Warps}}, BLOCK_K = {{ConvTensorSamples.Channels(g)}}, ROW_TILES = 2, COLUMN_TILES = BLOCK_K / 8, OUT = {{Stored}};
                {{_tile.Constants}}
                constexpr int IMAGE = {{ImageWords}};
                __shared__ __align__(16) u32 tiles[IMAGES * IMAGE];             // the samples [IMAGES]{{(_tile.IsTwice ? "[2]" : "")}}[ROWS][PITCH] words
                __shared__ __align__(16) float sums[WARPS][IMAGES][OUT];
                const int thread = threadIdx.x, lane = thread % 32, warp = thread / 32, n0 = blockIdx.x / BANDS * IMAGES, band = blockIdx.x % BANDS, tile_row = band * BAND;
                {{DropoutText.Declare(Conv.Drop)}}

                """);
            if (!several) EmitLayer(writer);
            writer.Code.Line("// a warp an image; the last one stands in for those that there are not");
            writer.Code.Line("#pragma unroll");
            using (writer.Code.Block("for (int turn = 0; turn < (IMAGES + WARPS - 1) / WARPS; ++turn)"))
            {
                writer.Code.Line("const int image = turn * WARPS + warp, sample = sample_at(step, min(n0 + image, batch - 1));");
                writer.Code.Line("if (image >= IMAGES) continue;");
                writer.Code.Line("u32* tile = tiles + image * IMAGE;");
                _tile.EmitStage(writer, samples, _operands, 4, "lane", "32");
            }

            writer.Code.Line("__syncthreads();\n\nfloat z[OUT / 8][4] = {};");
            writer.Code.Line("#pragma unroll 1");
            using (writer.Code.Block("for (int place = warp; place < WINDOWS; place += WARPS)"))
            {
                if (_operands.Products.IsSplit) writer.Code.Line(StepText.OpaqueThread + "\nconst int lane = thread % 32;");
                if (ragged) writer.Code.Line("if (tile_row + place / OUT_W >= OUT_H) break;");
                if (several) writer.Code.Line("#pragma unroll 1");
                using (several ? writer.Code.Block("for (int k0 = 0; k0 < K; k0 += BLOCK_K)") : null)
                {
                    if (several) EmitLayer(writer);
                    EmitWindow(writer);
                }
            }

            writer.Code.Line("""

                // the windows of all warps in order
                #pragma unroll
                for (int e = 0; e < OUT / 8 * 4; ++e) sums[warp][lane / 4 + e / 2 % 2 * 8][e / 4 * 8 + lane % 4 * 2 + e % 2] = z[e / 4][e % 4];
                __syncthreads();
                for (int i = thread; i < IMAGES * OUT; i += 32 * WARPS)
                {
                    const int n = n0 + i / OUT, o = i % OUT;
                    float sum = 0;
                    #pragma unroll
                    for (int other = 0; other < WARPS; ++other) sum += sums[other][i / OUT][o];
                    if (n < batch) parts[((size_t)n * BANDS + band) * OUT + o] = sum;
                }
                """);
        }

        return kernel;
    }

    /// <summary>What a lane keeps of the layer: filter and bias.</summary>
    private void EmitLayer(CudaWriter writer)
    {
        if (Geometry.KStored == ConvTensorSamples.Channels(Geometry)) writer.Code.Line("constexpr int k0 = 0;");
        ConvTensorSamples.EmitFilter(writer, _tile, "operands", KeptSteps);
        Epilogue.EmitBias(writer);
        writer.Code.Line();
    }

    private ConvTensorEpilogue Epilogue => new(Conv, "place", "tile_row + window / OUT_W", "window % OUT_W", "", "k0 + j * 16 + lane % 4 * 4", IsTurned: false)
    {
        Store = """
            map[half][j] = result;
            if (y && n < batch)
            {
                *reinterpret_cast<float4*>(&y[(size_t)n * (OUT_H * OUT_W * K) + to]) = result;
                *reinterpret_cast<uchar4*>(&arg[(size_t)n * (OUT_H * OUT_W * K) + to]) = winner;
            }
            """,
    };

    /// <summary>The window <c>place</c> of all images: its map, then what that adds to the logits.</summary>
    private void EmitWindow(CudaWriter writer)
    {
        writer.Code.Line("float4 map[2][COLUMN_TILES / 2];          // of image lane / 4, and of the eighth behind it");
        writer.Code.Line("#pragma unroll");
        using (writer.Code.Block("for (int half = 0; half < 2; ++half)"))
        {
            writer.Code.Line("const int n = n0 + half * 8 + lane / 4;");
            ConvTensorSamples.EmitProduct(writer, _tile, _operands.Products, "operands", KeptSteps, $"""
                // a lane has the window of one image: in the first tile its upper row, left and right, in the second its lower row
                const u32* corner = tiles + (half * 8 + lane / 4) * IMAGE + place / OUT_W * (2{ConvText.Down(Geometry)} * PITCH) + place % OUT_W * (2{ConvText.Across(Geometry)} * C / PACK);
                """);
            Epilogue.Emit(writer);
        }

        writer.Code.Line("""

            // logits: of either factor a large and a small part, as TF32 is too coarse for f32
            const float* row = weights + (size_t)((tile_row * OUT_W + place) * K + k0 + lane % 4 * 4) * OUT + lane / 4;
            #pragma unroll
            for (int i = 0; i < COLUMN_TILES; ++i)
            {
                const float4 first = map[0][i / 2], second = map[1][i / 2];
                const float a[4] = { i % 2 == 0 ? first.x : first.z, i % 2 == 0 ? second.x : second.z, i % 2 == 0 ? first.y : first.w, i % 2 == 0 ? second.y : second.w };
                u32 large[4], small[4];
                #pragma unroll
                for (int e = 0; e < 4; ++e)
                {
                    large[e] = __float_as_uint(a[e]);
                    split(large[e], small[e]);
                }
                #pragma unroll
                for (int j = 0; j < OUT / 8; ++j)
                {
                    u32 b[2], b_small[2];
                    #pragma unroll
                    for (int e = 0; e < 2; ++e)
                    {
                        b[e] = __float_as_uint(row[(i / 2 * 16 + i % 2 * 2 + e) * OUT + j * 8]);
                        split(b[e], b_small[e]);
                    }
                    sample_mma(z[j], small[0], small[1], small[2], small[3], b[0], b[1]);
                    sample_mma(z[j], large[0], large[1], large[2], large[3], b_small[0], b_small[1]);
                    sample_mma(z[j], large[0], large[1], large[2], large[3], b[0], b[1]);
                }
            }
            """);
    }

    /// <summary>Passes of shared memory that a step's loads take, for so many words from image to image.</summary>
    private int Passes(int image)
    {
        int passes = 0, run = _tile.Run, quads = _tile.Quads;
        int[] banks = new int[32];
        var words = new HashSet<int>();
        for (int four = 0; four < 2 * _tile.Steps; four++)
        {
            words.Clear();
            for (int lane = 0; lane < 32; lane++)
            {
                int word = Math.Min((four * 4) + (lane % 4), (Geometry.R * run) - 1), rest = word - (Geometry.R * quads);
                int row = rest < 0 ? word / quads : rest / (run - quads), at = rest < 0 ? word % quads : quads + (rest % (run - quads));
                words.Add((lane / 4 * image) + (row * _tile.Pitch) + at);
            }

            Array.Clear(banks, 0, banks.Length);
            foreach (int word in words) banks[word % 32]++;
            passes += banks.Max();
        }

        return passes;
    }

    private string Comment(string layer)
    {
        ConvGeometry g = Geometry;
        string sum = $"sum(r,s,c) x[n,{ConvText.InputRow(g)},{ConvText.InputColumn(g)},c] w[r,s,c,k]" + (Conv.Bias is null ? "" : " + b[k]"), value = Conv.Relu ? $"relu({sum})" : sum;
        return $"""
            // {Conv.Name} fprop and {Last.Name} in parts  <- {layer}
            //   y[n,p,q,k] = max over 2x2 of {value}; bias and relu are monotonic and follow the maximum{DropoutText.Comment(Conv.Drop)}
            //   parts[n,band,o] = sum(p,q of the band, k) y[n,p,q,k] weights[p,q,k,o]
            //   x u8 or f32[N,{g.H},{g.W},{g.C}] out of the data set, in the epoch's order, {_operands.Staged}  operands {_operands.Name}[{g.KStored / 16}][{_tile.Steps}][lane][{4 * _operands.Pack}] w  y {CudaWriter.MapText(g, output: true)} NHWC, arg u8 likewise, the maximum's place in its window; both null when predicting
            //   weights f32[{Last.In}][{Stored}]  parts f32[N,{Parts},{Stored}], f32 out of three TF32 products
            //   implicit GEMM N*{g.P * g.Q} x {g.K} x {g.R * g.S * g.C}, then GEMM N x {Last.Units} x {Last.In}, on tensor cores; block {Threads} = {Images} images x {BandRows}x{g.OutColumns} windows, a warp a window; grid N/{Images} x {Parts} bands
            //   proved away: the {g.P}x{g.Q} map reaches no memory; {ConvText.Edges(g)}
            """;
    }
}
