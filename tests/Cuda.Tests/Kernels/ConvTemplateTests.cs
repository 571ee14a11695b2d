using Convoke.Kernels;
using Convoke.Kernels.Cuda;
using Convoke.Kernels.Scheduling;

namespace Convoke.Cuda.Tests.Kernels;

/// <summary>Convolutions of any stride and padding, pooled or not: the three kernels by themselves against loops in double.</summary>
public class ConvTemplateTests
{
    /// <summary>Geometries by hand: each way of cutting, and those of ResNets.</summary>
    private static readonly ConvGeometry[] Chosen =
    [
        Of(8, 8, 16, 3, 3, 8, 8, 16) with { Top = 1, Left = 1 },
        Of(9, 7, 16, 3, 3, 5, 4, 32) with { StrideHeight = 2, StrideWidth = 2, Top = 1, Left = 1 },
        Of(8, 8, 32, 3, 3, 4, 4, 16) with { StrideHeight = 2, StrideWidth = 2 },
        Of(14, 15, 3, 7, 7, 7, 8, 16, samples: true) with { StrideHeight = 2, StrideWidth = 2, Top = 3, Left = 3 },
        Of(8, 9, 16, 1, 1, 4, 5, 32) with { StrideHeight = 2, StrideWidth = 2 },
        Of(6, 5, 64, 1, 1, 6, 5, 48),
        Of(10, 9, 5, 3, 2, 3, 2, 7) with { StrideHeight = 4, StrideWidth = 4, Top = 1, Left = 0 },
        Of(9, 9, 16, 3, 3, 8, 8, 16, 2, 2) with { Top = 1, Left = 1 },
        Of(11, 12, 3, 3, 3, 6, 6, 20, 2, 2) with { StrideHeight = 2, StrideWidth = 2, Top = 1, Left = 1 },
        Of(12, 12, 16, 2, 3, 5, 5, 16, 5, 5) with { StrideHeight = 2, StrideWidth = 2, Top = 0, Left = 1 },
        Of(4, 5, 16, 3, 3, 3, 3, 16) with { StrideHeight = 3, StrideWidth = 2, Top = 2, Left = 1 },
    ];

    public static TheoryData<int> Cases => [.. Enumerable.Range(0, 40)];

    [NvrtcTheory, MemberData(nameof(Cases))]
    public void Convolutions_agree_with_loops_in_double(int seed)
    {
        ConvGeometry g = seed < Chosen.Length ? Chosen[seed] : Draw(new Random(seed));
        int n = 1 + (seed % 4);
        bool relu = seed % 2 == 0, biased = seed % 5 != 0;
        var random = new Random(seed + 100);
        float[] x = TemplateBench.Map(random, n * g.H * g.W, g.C, g.CStored);
        float[] filter = new float[g.Reduction * g.KStored], bias = TemplateBench.Map(random, 1, g.K, g.KStored);
        for (int r = 0; r < g.R; r++)
            for (int s = 0; s < g.S; s++)
                for (int c = 0; c < g.C; c++)
                    for (int k = 0; k < g.K; k++) filter[At(g, r, s, c, k)] = random.Next(-8, 9) / 32f;
        using var bench = new TemplateBench(seed);
        ulong xAt = bench.Upload<float>(x), filterAt = bench.Upload<float>(filter), biasAt = bench.Upload<float>(bias);
        int outputs = n * g.OutRows * g.OutColumns * g.KStored;
        ulong yAt = bench.Allocate(outputs), argAt = bench.Allocate(outputs / 4);

        var forward = new ConvForwardGroup("conv", 0, g, relu, 0, 1, biased ? 2 : null, 3, g.Pooled ? 4 : null);
        bench.Run(writer =>
        {
            ConvForward.EmitHelpers(writer, forward);
            return ConvForward.Emit(writer, "fprop", "test", forward, samples: null);
        }, ConvForward.Grid(forward), n, [xAt, filterAt, .. biased ? [biasAt] : Array.Empty<object>(), yAt, .. g.Pooled ? [argAt] : Array.Empty<object>()]);
        (double[] y, byte[] arg) = Forward(g, n, x, filter, biased ? bias : null, relu);
        float[] actualY = bench.Download<float>(yAt, outputs);
        TemplateBench.Near(y, actualY, $"{g}: y");
        if (g.Pooled) Assert.Equal(arg, bench.Download<byte>(argAt, outputs));

        float[] dy = TemplateBench.Map(random, n * g.OutRows * g.OutColumns, g.K, g.KStored);
        ulong dyAt = bench.Upload<float>(dy);
        double[] dz = Unpool(g, n, dy, actualY, arg, relu);
        var backward = new ConvBackwardGroup("conv", 0, g, relu, 0, 1, biased ? 2 : null, 3, g.Pooled ? 4 : null, 5, 6);
        object[] gradient = [dyAt, .. relu ? [yAt] : Array.Empty<object>(), .. g.Pooled ? [argAt] : Array.Empty<object>()];
        if (g.CStored % 16 == 0)
        {
            ulong flippedAt = Flip(bench, g, filterAt), dxAt = bench.Allocate(x.Length);
            bench.Run(writer => ConvDgrad.Emit(writer, "dgrad", "test", backward), ConvDgrad.Grid(backward), n, [.. gradient, flippedAt, dxAt]);
            TemplateBench.Near(Dgrad(g, n, dz, filter), bench.Download<float>(dxAt, x.Length), $"{g}: dx");
        }

        int slices = Math.Min(n, 3);
        ulong partialsAt = bench.Allocate(slices * filter.Length), biasPartialsAt = bench.Allocate(slices * bias.Length);
        bench.Run(writer => ConvWgrad.Emit(writer, "wgrad", "test", backward, samples: null), ConvWgrad.Grid(backward, slices), n,
            [xAt, .. gradient, partialsAt, .. biased ? [biasPartialsAt] : Array.Empty<object>(), n]);
        TemplateBench.Near(Wgrad(g, n, x, dz), Sum(bench.Download<float>(partialsAt, slices * filter.Length), filter.Length), $"{g}: dw");
        if (biased) TemplateBench.Near(BiasGrad(g, dz), Sum(bench.Download<float>(biasPartialsAt, slices * bias.Length), bias.Length), $"{g}: db");
    }

    /// <summary>A tile for every layer that a user can ask for: small and large kernels, strides up to 4, windows as large as the map.</summary>
    [Fact]
    public void Every_convolution_finds_its_tiles()
    {
        foreach (int channels in (int[])[1, 3, 16, 48, 64, 256])
            foreach (int filters in (int[])[16, 48, 64, 256])
                foreach (int kernel in (int[])[1, 2, 3, 5, 7])
                    foreach (int stride in (int[])[1, 2, 3, 4])
                        foreach (int side in (int[])[7, 28, 112])
                            foreach (int pool in (int[])[1, 2, 3, 7])
                            {
                                int p = ((side - kernel) / stride + 1) / pool * pool;
                                if (p <= 0) continue;
                                ConvGeometry g = Of(side, side, channels, kernel, kernel, p, p, filters, pool, pool, samples: channels < 16) with { StrideHeight = stride, StrideWidth = stride };
                                foreach (ConvGeometry cut in (ConvGeometry[])[g, ConvDgrad.Flipped(g)])
                                {
                                    ConvTile tile = ConvTile.Choose(cut);
                                    Assert.True(tile.Threads <= 256 && 4 * tile.SharedFloats(cut) <= 48 * 1024, $"{tile} of {cut}");
                                }

                                WgradTile wgrad = WgradTile.Choose(g);
                                Assert.True(wgrad.Threads <= 288 && 4 * wgrad.SharedFloats(g) <= 48 * 1024 && wgrad.Elements(g) <= 36, $"{wgrad} of {g}");
                            }
    }

    private static ConvGeometry Of(int h, int w, int c, int r, int s, int p, int q, int k, int ph = 1, int pw = 1, bool samples = false) =>
        new(h, w, c, samples ? c : Panels.Pad(c), r, s, p, q, k, ph, pw);

    private static ConvGeometry Draw(Random random)
    {
        while (true)
        {
            int h = random.Next(1, 14), w = random.Next(1, 14), r = random.Next(1, 6), s = random.Next(1, 6), ph = random.Next(3) == 0 ? random.Next(1, 4) : 1, pw = ph > 1 ? random.Next(1, 4) : 1;
            int down = random.Next(1, 5), across = random.Next(1, 5), top = random.Next(0, r), left = random.Next(0, s), bottom = random.Next(0, r), right = random.Next(0, s);
            int p = h + top + bottom - r < 0 ? 0 : ((h + top + bottom - r) / down) + 1, q = w + left + right - s < 0 ? 0 : ((w + left + right - s) / across) + 1;
            (p, q) = (p / ph * ph, q / pw * pw);
            if (p == 0 || q == 0) continue;
            int c = random.Next(3) == 0 ? random.Next(1, 40) : 16;
            return Of(h, w, c, r, s, p, q, random.Next(1, 50), ph, pw, samples: random.Next(4) == 0 && c < 8) with { StrideHeight = down, StrideWidth = across, Top = top, Left = left };
        }
    }

    private static int At(ConvGeometry g, int r, int s, int c, int k) => (k / g.Panel * g.Reduction * g.Panel) + ((((r * g.S) + s) * g.CStored + c) * g.Panel) + (k % g.Panel);

    /// <summary>Each pair of an output pixel and a tap that meets a stored pixel.</summary>
    private static IEnumerable<(int P, int Q, int R, int S, int H, int W)> Taps(ConvGeometry g)
    {
        for (int p = 0; p < g.P; p++)
            for (int q = 0; q < g.Q; q++)
                for (int r = 0; r < g.R; r++)
                    for (int s = 0; s < g.S; s++)
                    {
                        int h = (p * g.StrideHeight) - g.Top + r, w = (q * g.StrideWidth) - g.Left + s;
                        if (h >= 0 && h < g.H && w >= 0 && w < g.W) yield return (p, q, r, s, h, w);
                    }
    }

    private static (double[] Y, byte[] Arg) Forward(ConvGeometry g, int n, float[] x, float[] filter, float[]? bias, bool relu)
    {
        double[] full = new double[n * g.P * g.Q * g.KStored], y = new double[n * g.OutRows * g.OutColumns * g.KStored];
        byte[] arg = new byte[y.Length];
        for (int i = 0; i < n; i++)
            foreach ((int p, int q, int r, int s, int h, int w) in Taps(g))
                for (int c = 0; c < g.C; c++)
                    for (int k = 0; k < g.K; k++) full[(((((i * g.P) + p) * g.Q) + q) * g.KStored) + k] += (double)x[(((((i * g.H) + h) * g.W) + w) * g.CStored) + c] * filter[At(g, r, s, c, k)];
        for (int i = 0; i < y.Length; i++)
        {
            int k = i % g.KStored, q = i / g.KStored % g.OutColumns, p = i / g.KStored / g.OutColumns % g.OutRows, sample = i / (g.KStored * g.OutColumns * g.OutRows);
            double best = double.NegativeInfinity;
            for (int a = 0; a < g.PoolHeight * g.PoolWidth; a++)
            {
                double value = full[(((((sample * g.P) + (p * g.PoolHeight) + (a / g.PoolWidth)) * g.Q) + (q * g.PoolWidth) + (a % g.PoolWidth)) * g.KStored) + k];
                if (value > best) (best, arg[i]) = (value, (byte)a);
            }

            best += bias?[k] ?? 0;
            y[i] = relu ? Math.Max(best, 0) : best;
        }

        return (y, arg);
    }

    private static double[] Unpool(ConvGeometry g, int n, float[] dy, float[] y, byte[] arg, bool relu)
    {
        double[] dz = new double[n * g.P * g.Q * g.KStored];
        for (int i = 0; i < dy.Length; i++)
        {
            int k = i % g.KStored, q = i / g.KStored % g.OutColumns, p = i / g.KStored / g.OutColumns % g.OutRows, sample = i / (g.KStored * g.OutColumns * g.OutRows);
            if (!relu || y[i] > 0) dz[(((((sample * g.P) + (p * g.PoolHeight) + (arg[i] / g.PoolWidth)) * g.Q) + (q * g.PoolWidth) + (arg[i] % g.PoolWidth)) * g.KStored) + k] = dy[i];
        }

        return dz;
    }

    private static double[] Dgrad(ConvGeometry g, int n, double[] dz, float[] filter)
    {
        double[] dx = new double[n * g.H * g.W * g.CStored];
        for (int i = 0; i < n; i++)
            foreach ((int p, int q, int r, int s, int h, int w) in Taps(g))
                for (int c = 0; c < g.C; c++)
                    for (int k = 0; k < g.K; k++) dx[(((((i * g.H) + h) * g.W) + w) * g.CStored) + c] += dz[(((((i * g.P) + p) * g.Q) + q) * g.KStored) + k] * filter[At(g, r, s, c, k)];
        return dx;
    }

    private static double[] Wgrad(ConvGeometry g, int n, float[] x, double[] dz)
    {
        double[] dw = new double[g.Reduction * g.KStored];
        for (int i = 0; i < n; i++)
            foreach ((int p, int q, int r, int s, int h, int w) in Taps(g))
                for (int c = 0; c < g.C; c++)
                    for (int k = 0; k < g.K; k++) dw[At(g, r, s, c, k)] += dz[(((((i * g.P) + p) * g.Q) + q) * g.KStored) + k] * x[(((((i * g.H) + h) * g.W) + w) * g.CStored) + c];
        return dw;
    }

    private static double[] BiasGrad(ConvGeometry g, double[] dz)
    {
        double[] db = new double[g.KStored];
        for (int i = 0; i < dz.Length; i++) db[i % g.KStored] += dz[i];
        return db;
    }

    private static float[] Sum(float[] partials, int floats)
    {
        float[] sum = new float[floats];
        for (int i = 0; i < partials.Length; i++) sum[i % floats] += partials[i];
        return sum;
    }

    private static ulong Flip(TemplateBench bench, ConvGeometry g, ulong filterAt)
    {
        ulong flippedAt = bench.Allocate(ConvDgrad.FilterFloats(g));
        bench.Run(writer => ConvUpdate.EmitDerive(writer, [new("filter", 0, g.Reduction * g.KStored, 0, 1, 1, g, 0)], []), CudaGrid.Of(3), 1, filterAt, flippedAt);
        return flippedAt;
    }
}
