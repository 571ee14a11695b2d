using Convoke.Kernels.Models;

namespace Convoke.Kernels.Graphs;

public static partial class GraphInterpreter
{
    /// <summary>The three convolutions differ only in which operand of y += x w is summed into.</summary>
    private static class Convolution
    {
        public static double[] Fprop(int n, double[] x, Types.Shape xs, double[] w, Types.Shape ws, Window window)
        {
            var y = new double[n * window.Rows(xs[0]) * window.Columns(xs[1]) * ws[3]];
            Visit(n, xs, ws, window, new FpropTerm(x, w, y));
            return y;
        }

        public static double[] Dgrad(int n, double[] dy, double[] w, Types.Shape ws, Types.Shape xs, Window window)
        {
            var dx = new double[n * xs.Count];
            Visit(n, xs, ws, window, new DgradTerm(dx, w, dy));
            return dx;
        }

        public static double[] Wgrad(int n, double[] x, Types.Shape xs, double[] dy, Types.Shape ws, Window window)
        {
            var dw = new double[ws.Count];
            Visit(n, xs, ws, window, new WgradTerm(x, dw, dy));
            return dw;
        }

        /// <summary>Every term of y[p,q,k] += x[p*u-t+r,q*v-l+s,c] w[r,s,c,k] inside of the image, as element indices; a struct, so that the call is inlined.</summary>
        private static void Visit<TTerm>(int n, Types.Shape x, Types.Shape w, Window window, TTerm term) where TTerm : struct, ITerm
        {
            int rows = window.Rows(x[0]), columns = window.Columns(x[1]), height = x[0], width = x[1], r1 = w[0], s1 = w[1], channels = w[2], filters = w[3];
            for (int i = 0; i < n; i++)
                for (int p = 0; p < rows; p++)
                    for (int q = 0; q < columns; q++)
                        for (int r = 0; r < r1; r++)
                            for (int s = 0; s < s1; s++)
                            {
                                int h = (p * window.StrideHeight) - window.Top + r, v = (q * window.StrideWidth) - window.Left + s;
                                if (h < 0 || h >= height || v < 0 || v >= width) continue;
                                for (int c = 0; c < channels; c++)
                                    for (int k = 0; k < filters; k++)
                                        term.Add((((((i * height) + h) * width) + v) * channels) + c, (((((r * s1) + s) * channels) + c) * filters) + k, (((((i * rows) + p) * columns) + q) * filters) + k);
                            }
        }

        private interface ITerm
        {
            void Add(int x, int w, int y);
        }

        private readonly struct FpropTerm(double[] x, double[] w, double[] y) : ITerm
        {
            public void Add(int ix, int iw, int iy) => y[iy] += x[ix] * w[iw];
        }

        private readonly struct DgradTerm(double[] dx, double[] w, double[] dy) : ITerm
        {
            public void Add(int ix, int iw, int iy) => dx[ix] += dy[iy] * w[iw];
        }

        private readonly struct WgradTerm(double[] x, double[] dw, double[] dy) : ITerm
        {
            public void Add(int ix, int iw, int iy) => dw[iw] += x[ix] * dy[iy];
        }
    }
}
