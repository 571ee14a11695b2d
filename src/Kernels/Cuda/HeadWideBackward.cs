using Convoke.Kernels.Graphs;
using Convoke.Kernels.Models;
using Convoke.Kernels.Scheduling;

namespace Convoke.Kernels.Cuda;

/// <summary>All gradients behind a wide head over a first convolution by one kernel: those of the dense layer with the optimizer as their epilogue, and those of the convolution's filter.</summary>
/// <remarks>
/// A block owns some features of the dense layer, which are elements of the convolution's output, for the whole batch: what goes back through them stays in registers, the layer's
/// weights are read and written once, and the filter has one partial gradient a block, however large the batch is. A thread has a feature and a share of the images. A window's winner is
/// a place in the patch of pixels under the window, so that nothing is unpooled. There are as many blocks as the largest devices have multiprocessors, one each.
/// </remarks>
public sealed class HeadWideBackward
{
    private const int WantedBlocks = 132, MinFeatures = 32, MaxFeatures = 64, MaxThreads = 512, MaxClasses = 16, MaxElements = 28, Chunk = 128, MaxTurns = 6, MaxSharedBytes = 48 * 1024;

    private readonly InputText _samples;

    private HeadWideBackward(DenseDgradGroup dgrad, DenseUpdateGroup update, ConvBackwardGroup conv, InputText samples) => (Dgrad, Update, Conv, _samples) = (dgrad, update, conv, samples);

    /// <summary>The gradient of the dense layer's input, which reaches no memory.</summary>
    public DenseDgradGroup Dgrad { get; }

    /// <summary>The dense layer's own gradients and its optimizer step.</summary>
    public DenseUpdateGroup Update { get; }

    /// <summary>The convolution's gradients.</summary>
    public ConvBackwardGroup Conv { get; }

    /// <summary>Partial gradients of the filter, however large the batch is.</summary>
    public int Slices => (Update.In + Features - 1) / Features;

    public CudaGrid Grid => CudaGrid.Of(Slices);

    private ConvGeometry Geometry => Conv.Geometry;

    private int Features => Math.Min(MaxFeatures, Math.Max(MinFeatures, (Update.In + WantedBlocks - 1) / WantedBlocks));

    /// <summary>Most windows that a block's features are of.</summary>
    private int Windows => Enumerable.Range(0, Slices).Max(block => ((Math.Min(Update.In, (block + 1) * Features) - 1) / Geometry.KStored) - (block * Features / Geometry.KStored) + 1);

    private int PatchRows => ((Geometry.PoolHeight - 1) * Geometry.StrideHeight) + Geometry.R;

    private int PatchColumns => ((Geometry.PoolWidth - 1) * Geometry.StrideWidth) + Geometry.S;

    private int Patch => PatchRows * PatchColumns * Geometry.CStored;

    private int Elements => Geometry.Reduction;

    private int Quads => (Update.Units + 3) / 4;

    /// <summary>Sums of a thread: of the dense layer's weights, of the filter, of either bias.</summary>
    private int Sums => Update.Units + Elements + 2;

    /// <summary>Floats from a sum of all features to the next: odd, so that reading along sums and along features both meet different banks.</summary>
    private int SumPitch => Features | 1;

    /// <summary>Shares of the images: as many as there are threads, and shared memory for their sums.</summary>
    private int Shares => Math.Min(MaxThreads / Features, MaxSharedBytes / (4 * Sums * SumPitch));

    private int Threads => ((Features * Shares) + 31) / 32 * 32;

    private int SharedBytes => 4 * Math.Max(Chunk * ((4 * Quads) + (Windows * Patch)), Shares * Sums * SumPitch);

    /// <summary>The end of a training step that is one; null where there is none.</summary>
    /// <param name="groups">The step.</param>
    /// <param name="graph">Its graph.</param>
    /// <param name="spec">The model.</param>
    public static HeadWideBackward? Find(IReadOnlyList<KernelGroup> groups, Graph graph, ModelSpec spec)
    {
        if (spec.Optimizer is null || Pass.FindLast(groups, spec) is not { } last || !HeadWide.Suits(last) || last.Units > MaxClasses || last.In % Panels.Line != 0) return null;
        int? logitsGrad = groups.OfType<HeadGroup>().Single().LogitsGrad;
        DenseDgradGroup? dgrad = groups.OfType<DenseDgradGroup>().FirstOrDefault(g => g.Dy == logitsGrad && g.Weights == last.Weights);
        DenseUpdateGroup? update = groups.OfType<DenseUpdateGroup>().FirstOrDefault(g => g.Weights == last.Weights);
        if (dgrad is null || update is not { Uses.Count: 1 } || (dgrad.ReluOutput is { } open && open != last.X)) return null;
        if (groups.Where(g => g.Reads.Contains(dgrad.Dx)).ToArray() is not [ConvBackwardGroup { Dx: null } conv] || conv.Y != last.X || conv.IsShared || graph[conv.X].Op is not Op.Input input) return null;
        ConvGeometry g = conv.Geometry;
        var found = new HeadWideBackward(dgrad, update, conv, new InputText(spec.Inputs[input.Place.Index], input.Place));
        bool fits = g.Reduction <= MaxElements && last.In == g.OutRows * g.OutColumns * g.KStored && found.Shares > 0 && found.SharedBytes <= MaxSharedBytes;
        return fits ? found : null;
    }

    /// <summary>Emits the kernel.</summary>
    /// <param name="writer">The writer.</param>
    /// <param name="name">Its name.</param>
    /// <param name="layer">The model's members.</param>
    /// <param name="weights">Place of the dense layer's weights.</param>
    /// <param name="bias">Place of its bias, if any.</param>
    /// <param name="optimizer">The epilogue.</param>
    public CudaKernel Emit(CudaWriter writer, string name, string layer, PlacedParameter weights, PlacedParameter? bias, OptimizerSpec optimizer)
    {
        writer.Helper("sample_at", StepText.SampleAt);
        writer.Helper("typed_pixel", StepText.TypedPixel);
        Optimizer.Emit(writer, optimizer);
        ConvGeometry g = Geometry;
        bool filterBias = Conv.Bias is not null;
        var kernel = new CudaKernel(name, Threads, 1, SharedBytes);
        string[] parameters = [
            "const Step* __restrict__ step, const float* __restrict__ dz, const float* __restrict__ y" + (g.Pooled ? ", const u8* __restrict__ arg" : ""),
            "float* __restrict__ partials, " + (filterBias ? "float* __restrict__ bias_partials, " : "") + Optimizer.Parameters, "int batch"];
        using (writer.Kernel(kernel, Comment(layer), parameters))
        {
            writer.Code.Line($$"""
                constexpr int IN = {{Update.In}}, CLASSES = {{Update.Units}}, OUT = {{Panels.Line}}, WEIGHTS = {{weights.Offset}}{{(bias is null ? "" : $", BIAS = {bias.Offset}")}};
                constexpr int H = {{g.H}}, W = {{g.W}}, C = {{g.CStored}}, R = {{g.R}}, S = {{g.S}}, K = {{g.KStored}}, PANEL = {{g.Panel}}, POOL_H = {{g.PoolHeight}}, POOL_W = {{g.PoolWidth}}, OUT_W = {{g.OutColumns}}{{ConvText.Constants(g)}};
                constexpr int FEATURES = {{Features}}, SHARES = {{Shares}}, THREADS = {{Threads}}, CHUNK = {{Chunk}}, TURNS = (CHUNK + SHARES - 1) / SHARES, QUADS = {{Quads}};
                constexpr int WINDOWS = {{Windows}}, PATCH_H = {{PatchRows}}, PATCH_W = {{PatchColumns}}, PATCH_ROW = PATCH_W * C, PATCH = PATCH_H * PATCH_ROW, PATCH_TURNS = {{PatchTurns}}, ELEMENTS = R * S * C, SUMS = {{Sums}}, PITCH = {{SumPitch}};
                __shared__ __align__(16) float shared[{{SharedBytes / 4}}];
                float4* staged = reinterpret_cast<float4*>(shared);           // dz of a chunk of images [CHUNK][QUADS]
                float* patches = shared + CHUNK * QUADS * 4;                  // the pixels under the block's windows [CHUNK][WINDOWS][PATCH]
                const int thread = threadIdx.x, f0 = blockIdx.x * FEATURES, features = min(FEATURES, IN - f0), share = thread / FEATURES, feature = thread % FEATURES, f = f0 + feature, window0 = f0 / K;
                const bool works = feature < features{{(Threads > Features * Shares ? " && share < SHARES" : "")}};
                {{DropoutText.Scale(Conv.Scale * Dgrad.Scale)}}

                float row[4 * QUADS];           // the weights of the thread's feature
                #pragma unroll
                for (int quad = 0; quad < QUADS; ++quad) *reinterpret_cast<float4*>(&row[4 * quad]) = works ? *reinterpret_cast<const float4*>(&parameters[WEIGHTS + f * OUT + 4 * quad]) : make_float4(0, 0, 0, 0);
                float dw[CLASSES] = {}, filter[ELEMENTS] = {}{{(bias is null ? "" : ", db = 0")}}{{(filterBias ? ", filter_db = 0" : "")}};
                """);
            using (writer.Code.Block("for (int first = 0; first < batch; first += CHUNK)"))
            {
                writer.Code.Line($$"""
                    const int images = min(CHUNK, batch - first);

                    // loads that wait for each other begin first: the places of pixels, then features, then pixels
                    int samples[PATCH_TURNS];
                    #pragma unroll
                    for (int turn = 0; turn < PATCH_TURNS; ++turn) samples[turn] = sample_at(step, first + min((turn * THREADS + thread) / (WINDOWS * PATCH_H), images - 1));
                    const size_t origin = (size_t)(first + share) * IN + f;
                    float values[TURNS];
                    {{(g.Pooled ? "int winners[TURNS];" : "")}}
                    #pragma unroll
                    for (int turn = 0; turn < TURNS; ++turn)
                    {
                        const bool exists = works && turn * SHARES + share < images;
                        values[turn] = exists ? y[origin + turn * (SHARES * IN)] : 0.0f;
                        {{(g.Pooled ? "winners[turn] = exists ? arg[origin + turn * (SHARES * IN)] : 0;" : "")}}
                    }
                    {{StagePatches}}
                    for (int i = thread; i < images * QUADS; i += THREADS) staged[i] = *reinterpret_cast<const float4*>(&dz[(size_t)(first + i / QUADS) * OUT + i % QUADS * 4]);
                    __syncthreads();

                    #pragma unroll
                    for (int turn = 0; turn < TURNS; ++turn)
                    {
                        const int i = turn * SHARES + share;
                        if (!works || i >= images) continue;
                        float gradient = 0;
                        #pragma unroll
                        for (int quad = 0; quad < QUADS; ++quad)
                        {
                            const float4 four = staged[i * QUADS + quad];
                            const float dz4[4] = { four.x, four.y, four.z, four.w };
                            #pragma unroll
                            for (int o = 4 * quad; o < min(4 * quad + 4, CLASSES); ++o)
                            {
                                gradient = fmaf(dz4[o % 4], row[o], gradient);
                                dw[o] = fmaf(values[turn], dz4[o % 4], dw[o]);
                            }
                        }
                        {{(bias is null ? "" : "if (f < CLASSES) db += shared[i * (4 * QUADS) + f];")}}
                        {{(Conv.Relu || Dgrad.ReluOutput is not null ? $"gradient = values[turn] > 0.0f ? gradient{DropoutText.Times(Conv.Scale * Dgrad.Scale)} : 0.0f;" : "")}}
                        {{(filterBias ? "filter_db += gradient;" : "")}}
                        const float* from = patches + (i * WINDOWS + f / K - window0) * PATCH{{(g.Pooled ? $" + winners[turn] / POOL_W{ConvText.Down(g)} * PATCH_ROW + winners[turn] % POOL_W{ConvText.Across(g)} * C" : "")}};
                        #pragma unroll
                        for (int e = 0; e < ELEMENTS; ++e) filter[e] = fmaf(gradient, from[e / (S * C) * PATCH_ROW + e % (S * C)], filter[e]);
                    }
                    __syncthreads();            // the chunk's place is free again
                    """);
            }

            EmitEpilogue(writer, optimizer, bias is not null);
        }

        return kernel;
    }

    private int PatchTurns => ((Chunk * Windows * PatchRows) + Threads - 1) / Threads;

    /// <summary>A thread stages a row of a patch; a window beside the map, in the last block, has no pixels and no feature. Bytes are read in pairs where all rows begin at an even one.</summary>
    private string StagePatches
    {
        get
        {
            ConvGeometry g = Geometry;
            bool beside = Windows * Geometry.KStored > Update.In - ((Slices - 1) * Features / Geometry.KStored * Geometry.KStored);
            string[] row = [.. beside ? new[] { "window < IN / K" } : [], .. g.Top > 0 ? new[] { "0 <= h" } : [], .. g.CoveredRows > g.Top + g.H || beside ? new[] { "h < H" } : []];
            string[] column = [.. g.Left > 0 ? new[] { "0 <= w * C + j" } : [], .. g.CoveredColumns > g.Left + g.W ? new[] { "w * C + j < W * C" } : []];
            bool pairs = column.Length == 0 && PatchColumns * g.CStored % 2 == 0 && g.W * g.CStored % 2 == 0 && g.PoolWidth * g.StrideWidth * g.CStored % 2 == 0 && _samples.IsInFours;
            string each = $"""
                #pragma unroll
                for (int j = 0; j < PATCH_ROW; ++j) pixels[j] = {string.Join(" && ", ["exists", .. column])} ? pixel(step, from + j) : 0.0f;
                """;
            string bytes = !pairs ? each.Replace("pixel(step", "byte_pixel(step") : """
                #pragma unroll
                for (int j = 0; j < PATCH_ROW; j += 2)
                {
                    const uchar2 two = exists ? __ldg(reinterpret_cast<const uchar2*>(static_cast<const u8*>(step->images) + from + j)) : make_uchar2(0, 0);
                    pixels[j] = two.x * (1.0f / 255.0f);
                    pixels[j + 1] = two.y * (1.0f / 255.0f);
                }
                """;
            return $$"""
                if (step->bytes)
                {
                    {{Loop(bytes).Replace("\n", "\n    ")}}
                }
                else
                {
                    {{Loop(each.Replace("pixel(step", "float_pixel(step")).Replace("\n", "\n    ")}}
                }
                """;

            string Loop(string load) => $$"""
                #pragma unroll{{(PatchTurns > MaxTurns ? " 2" : "")}}
                for (int turn = 0; turn < PATCH_TURNS; ++turn)
                {
                    const int i = turn * THREADS + thread, image = i / (WINDOWS * PATCH_H), sample = samples[turn], window = window0 + i / PATCH_H % WINDOWS;
                    const int h = window / OUT_W * POOL_H{{ConvText.Down(g)}} + i % PATCH_H{{ConvText.Top(g)}}, w = window % OUT_W * POOL_W{{ConvText.Across(g)}}{{ConvText.Left(g)}};
                    const bool exists = {{string.Join(" && ", ["image < images", .. row])}};
                    const size_t from = {{_samples.Origin("(H * W * C)")}} + (h * W + w) * C;
                    float pixels[PATCH_ROW];
                    {{load.Replace("\n", "\n    ")}}
                    if (image >= images) continue;
                    #pragma unroll
                    for (int j = 0; j < PATCH_ROW; ++j) patches[i * PATCH_ROW + j] = pixels[j];
                }
                """;
        }
    }

    private void EmitEpilogue(CudaWriter writer, OptimizerSpec optimizer, bool hasBias)
    {
        string[] state = [.. new[] { "w", "m", "v" }.Take(1 + optimizer.Moments)], areas = ["parameters", "moment1", "moment2"];
        writer.Code.Line($$"""

            // the weights that the thread will learn, with their moments: under way while the shares are exchanged
            constexpr int MINE = (FEATURES * OUT + THREADS - 1) / THREADS;
            const bool learns = !step->keep_gradients && !step->bad;
            float {{string.Join(", ", state.Select(static v => v + "[MINE]"))}};
            #pragma unroll
            for (int i = 0; i < MINE; ++i)
            {
                const int own = i * THREADS + thread, at = WEIGHTS + f0 * OUT + own;
                const bool exists = own < features * OUT;
            {{string.Concat(state.Select((v, i) => $"    {v}[i] = exists ? {areas[i]}[at] : 0.0f;\n"))}}}

            // the shares in order: sums of the dense layer's weights, of the filter, of both biases
            float* mine = shared + share * (SUMS * PITCH) + feature;
            if ({{(Threads > Features * Shares ? "share < SHARES" : "true")}})
            {
                #pragma unroll
                for (int o = 0; o < CLASSES; ++o) mine[o * PITCH] = dw[o];
                #pragma unroll
                for (int e = 0; e < ELEMENTS; ++e) mine[(CLASSES + e) * PITCH] = filter[e];
                {{(Conv.Bias is null ? "" : "mine[(CLASSES + ELEMENTS) * PITCH] = filter_db;")}}
                {{(hasBias ? "mine[(CLASSES + ELEMENTS + 1) * PITCH] = db;" : "")}}
            }
            __syncthreads();
            auto total = [&](int sum, int feature)
            {
                float all = shared[sum * PITCH + feature];
                #pragma unroll
                for (int other = 1; other < SHARES; ++other) all += shared[(other * SUMS + sum) * PITCH + feature];
                return all;
            };

            // the filter's partial: output channel k is that of every K-th feature
            for (int i = thread; i < (ELEMENTS{{(Conv.Bias is null ? "" : " + 1")}}) * K; i += THREADS)
            {
                const int element = i / K, k = i % K;
                float sum = 0;
                for (int own = (k + K - f0 % K) % K; own < features; own += K) sum += total(CLASSES + element, own);
                {{(Conv.Bias is null ? "" : "if (element == ELEMENTS) bias_partials[blockIdx.x * K + k] = sum;\n    else ")}}partials[(size_t)blockIdx.x * (ELEMENTS * K) + k / PANEL * (PANEL * ELEMENTS) + element * PANEL + k % PANEL] = sum;
            }

            // the dense layer's weights
            #pragma unroll
            for (int i = 0; i < MINE; ++i)
            {
                const int own = i * THREADS + thread, at = WEIGHTS + f0 * OUT + own, o = own % OUT;
                if (own >= features * OUT || o >= CLASSES) continue;
                const float g = total(o, own / OUT);
                if (step->keep_gradients) gradients[at] = g;
                if (!learns) continue;
                parameters[at] = learn(step, w[i], g{{string.Concat(state.Skip(1).Select(static v => $", {v}[i]"))}});
            {{string.Concat(state.Skip(1).Select((v, i) => $"    {areas[i + 1]}[at] = {v}[i];\n"))}}}
            {{(hasBias ? "if (f0 == 0 && thread < CLASSES) apply(step, BIAS + thread, total(CLASSES + ELEMENTS + 1, thread), parameters, moment1, moment2, gradients);" : "")}}
            """);
    }

    private string Comment(string layer)
    {
        ConvGeometry g = Geometry;
        string where = (g.Pooled ? $"dx at the winner of each {g.PoolHeight}x{g.PoolWidth} window" : "dx") + (Conv.Relu ? ", where y > 0" : "") + DropoutText.TimesComment(Conv.Scale * Dgrad.Scale);
        return $"""
            // {Update.Name} and {Conv.Name} backward  <- {layer}
            //   {Update.Name}: dw[i,o] = sum(n) y[n,i] dz[n,o]{(Update.Bias is null ? "" : "; db[o] = sum(n) dz[n,o]")}, then the optimizer;  dx[n,i] = sum(o) dz[n,o] w[i,o], of w before the step
            //   {Conv.Name}: dw[r,s,c,k] = sum(n,p,q) x[n,{ConvText.InputRow(g)},{ConvText.InputColumn(g)},c] g[n,p,q,k]{(Conv.Bias is null ? "" : "; db[k] = sum(n,p,q) g")};  g f32[N,{g.P},{g.Q},{g.KStored}] = {where}
            //   {_samples.Of}x u8 or f32[N,{g.H},{g.W},{g.C}] out of the data set  y f32[N,{g.OutRows},{g.OutColumns},{g.KStored}] = f32[N,{Update.In}]  dz f32[N,{Panels.Line}]  w f32[{Update.In}][{Panels.Line}]  partials f32[{Slices}] of the filter's layout
            //   block {Threads} = {Features} features x {Shares} shares of the images, in chunks of {Chunk}; grid {Slices}
            //   proved away: dx reaches no memory{(g.Pooled ? $"; {(g.PoolHeight * g.PoolWidth) - 1} of {g.PoolHeight * g.PoolWidth} multiply-adds of the filter, whose gradient is zero" : "")}
            """;
    }
}
