using Convoke.Kernels.Scheduling;

namespace Convoke.Kernels.Tests.Scheduling;

/// <summary>What the six points of Winograd's larger forms are chosen for: their rounding, in single precision, is near that of a direct sum.</summary>
public class WinogradRoundingTests
{
    private const int Channels = 32, Patch = 6, Draws = 40;

    [Theory, InlineData(4, 3), InlineData(2, 5)]
    public void The_chosen_points_round_like_a_direct_sum_and_the_textbooks_do_not(int output, int filter)
    {
        var random = new Random(1);
        double direct = 0, chosen = 0, textbook = 0;
        for (int draw = 0; draw < Draws; draw++)
        {
            float[][,] d = [.. Enumerable.Range(0, Channels).Select(_ => Draw(random, Patch, 0))], g = [.. Enumerable.Range(0, Channels).Select(_ => Draw(random, filter, -0.5))];
            for (int i = 0; i < output; i++)
            {
                for (int j = 0; j < output; j++)
                {
                    double exact = 0;
                    float sum = 0;
                    for (int c = 0; c < Channels; c++)
                    {
                        for (int r = 0; r < filter; r++)
                        {
                            for (int s = 0; s < filter; s++)
                            {
                                exact += (double)d[c][i + r, j + s] * g[c][r, s];
                                sum = float.FusedMultiplyAdd(d[c][i + r, j + s], g[c][r, s], sum);
                            }
                        }
                    }

                    direct += Square(sum - exact);
                    chosen += Square(Winograd(d, g, output, i, j, WinogradForm.A, WinogradForm.B) - exact);
                    textbook += Square(Winograd(d, g, output, i, j, 1, 2) - exact);
                }
            }
        }

        Assert.True(Math.Sqrt(chosen) < 1.5 * Math.Sqrt(direct), $"{Math.Sqrt(chosen / direct)} of the direct sum's");
        Assert.True(Math.Sqrt(textbook) > 1.5 * Math.Sqrt(chosen), $"{Math.Sqrt(textbook / chosen)} of the chosen points'");
    }

    private static double Square(double x) => x * x;

    private static float[,] Draw(Random random, int side, double from)
    {
        var matrix = new float[side, side];
        for (int i = 0; i < side; i++)
            for (int j = 0; j < side; j++) matrix[i, j] = (float)(from + random.NextDouble());
        return matrix;
    }

    /// <summary>Element (<paramref name="i"/>, <paramref name="j"/>) of A^T [sum over channels of (G g G^T) . (B^T d B)] A, in single precision.</summary>
    private static float Winograd(float[][,] d, float[][,] g, int output, int i, int j, double a, double b)
    {
        double[] points = [0, a, -a, b, -b];
        double square = (a * a) + (b * b), product = a * a * b * b;
        var at = new float[output, Patch];
        var gs = new float[Patch, g[0].GetLength(0)];
        for (int p = 0; p < points.Length; p++)
        {
            double distances = points.Where(q => q != points[p]).Aggregate(1.0, (all, q) => all * (points[p] - q));
            for (int k = 0; k < output; k++) at[k, p] = (float)Math.Pow(points[p], k);
            for (int k = 0; k < gs.GetLength(1); k++) gs[p, k] = (float)(Math.Pow(points[p], k) / distances);
        }

        at[output - 1, Patch - 1] = gs[Patch - 1, gs.GetLength(1) - 1] = 1;
        float[,] bt = Single(new double[,]
        {
            { product, 0, -square, 0, 1, 0 }, { 0, -a * b * b, -b * b, a, 1, 0 }, { 0, a * b * b, -b * b, -a, 1, 0 },
            { 0, -b * a * a, -a * a, b, 1, 0 }, { 0, b * a * a, -a * a, -b, 1, 0 }, { 0, product, 0, -square, 0, 1 },
        });
        var m = new float[Patch, Patch];
        for (int c = 0; c < d.Length; c++)
        {
            float[,] u = Sandwich(gs, g[c]), v = Sandwich(bt, d[c]);
            for (int r = 0; r < Patch; r++)
                for (int s = 0; s < Patch; s++) m[r, s] = float.FusedMultiplyAdd(u[r, s], v[r, s], m[r, s]);
        }

        return Sandwich(at, m)[i, j];
    }

    private static float[,] Single(double[,] from)
    {
        var to = new float[from.GetLength(0), from.GetLength(1)];
        for (int i = 0; i < to.GetLength(0); i++)
            for (int j = 0; j < to.GetLength(1); j++) to[i, j] = (float)from[i, j];
        return to;
    }

    /// <summary>x y x^T.</summary>
    private static float[,] Sandwich(float[,] x, float[,] y) => Times(Times(x, y, transposed: false), x, transposed: true);

    /// <summary>x y, or x y^T.</summary>
    private static float[,] Times(float[,] x, float[,] y, bool transposed)
    {
        int columns = y.GetLength(transposed ? 0 : 1);
        var result = new float[x.GetLength(0), columns];
        for (int i = 0; i < x.GetLength(0); i++)
        {
            for (int j = 0; j < columns; j++)
            {
                float sum = 0;
                for (int k = 0; k < x.GetLength(1); k++) sum = float.FusedMultiplyAdd(x[i, k], transposed ? y[j, k] : y[k, j], sum);
                result[i, j] = sum;
            }
        }

        return result;
    }
}
