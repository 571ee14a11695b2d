using Convoke.Kernels.Models;
using Convoke.Kernels.Types;

namespace Convoke.Kernels.Graphs;

public static partial class GraphInterpreter
{
    /// <summary>The elements of window i (an element index of [N,P,Q,C]) that lie inside of the image: place in the window, and index in [N,H,W,C].</summary>
    private static IEnumerable<(int Place, int Index)> InWindow(int i, Shape y, Shape x, Window window)
    {
        int c = i % y[2], q = i / y[2] % y[1], p = i / y[2] / y[1] % y[0], sample = i / y.Count;
        for (int place = 0; place < window.Height * window.Width; place++)
        {
            int h = (p * window.StrideHeight) - window.Top + (place / window.Width), w = (q * window.StrideWidth) - window.Left + (place % window.Width);
            if (h >= 0 && h < x[0] && w >= 0 && w < x[1]) yield return (place, ((((sample * x[0]) + h) * x[1]) + w) * x[2] + c);
        }
    }

    private static double[] WindowPool(int n, double[] x, Shape xs, Shape ys, Op.Pool2D pool) => Map(new double[n * ys.Count], (_, i) => pool.Kind == PoolKind.Max
        ? InWindow(i, ys, xs, pool.Window).Aggregate(double.NegativeInfinity, (best, e) => x[e.Index] > best || double.IsNaN(x[e.Index]) ? x[e.Index] : best)
        : InWindow(i, ys, xs, pool.Window).Sum(e => x[e.Index]) / Divisor(i, ys, xs, pool.Window, pool.CountsPadding));

    /// <summary>Elements of a window that count: all of them, or those inside of the image.</summary>
    private static double Divisor(int i, Shape ys, Shape xs, Window window, bool countsPadding) =>
        countsPadding ? window.Height * window.Width : InWindow(i, ys, xs, window).Count();

    private static double[] WindowArg(int n, double[] x, Shape xs, Shape ys, Window window) => Map(new double[n * ys.Count], (_, i) =>
    {
        (int Place, double Value) best = (-1, 0);
        foreach ((int place, int index) in InWindow(i, ys, xs, window))
            if (best.Place < 0 || x[index] > best.Value) best = (place, x[index]);
        return best.Place;
    });

    private static double[] WindowUnpool(int n, double[] dy, double[]? arg, Shape ys, Shape xs, Op.Pool2DGrad pool)
    {
        var dx = new double[n * xs.Count];
        for (int i = 0; i < dy.Length; i++)
        {
            double share = arg is null ? dy[i] / Divisor(i, ys, xs, pool.Window, pool.CountsPadding) : dy[i];
            foreach ((int place, int index) in InWindow(i, ys, xs, pool.Window))
                if (arg is null || place == (int)arg[i]) dx[index] += share;
        }

        return dx;
    }
}
