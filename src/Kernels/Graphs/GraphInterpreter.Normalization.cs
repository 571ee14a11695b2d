namespace Convoke.Kernels.Graphs;

public static partial class GraphInterpreter
{
    /// <summary>Mean and variance of each channel, [2,K].</summary>
    private static double[] Moments(double[] x, int channels)
    {
        double count = x.Length / channels;
        var moments = new double[2 * channels];
        for (int i = 0; i < x.Length; i++) moments[i % channels] += x[i] / count;
        for (int i = 0; i < x.Length; i++) moments[channels + (i % channels)] += Square(x[i] - moments[i % channels]) / count;
        return moments;
    }

    private static double Square(double x) => x * x;

    private static double Normalized(double x, double mean, double variance, double gamma, double beta, double epsilon) =>
        (gamma * (x - mean) / Math.Sqrt(variance + epsilon)) + beta;

    /// <summary>The variance with which a running one is moved.</summary>
    private static double Estimate(double variance, bool unbiased, int count) => unbiased && count > 1 ? variance * count / (count - 1) : variance;

    private static double[] NormSums(double[] dy, double[] x, double[] moments, int channels, double epsilon)
    {
        var sums = new double[2 * channels];
        for (int i = 0; i < dy.Length; i++)
        {
            int k = i % channels;
            sums[k] += dy[i] * (x[i] - moments[k]) / Math.Sqrt(moments[channels + k] + epsilon);
            sums[channels + k] += dy[i];
        }

        return sums;
    }

    private static double[] NormGrad(double[] dy, double[] x, double[] moments, double[] gamma, double[] sums, int channels, double epsilon)
    {
        double count = x.Length / channels;
        return Map(dy, (d, i) =>
        {
            int k = i % channels;
            double r = 1 / Math.Sqrt(moments[channels + k] + epsilon);
            return gamma[k] * r * (d - (sums[channels + k] / count) - ((x[i] - moments[k]) * r * sums[k] / count));
        });
    }
}
