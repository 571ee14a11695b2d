using System.Globalization;
using System.Runtime.InteropServices;

namespace Convoke.Gpu.Checks;

/// <summary>Comparisons that say what was found where they fail.</summary>
internal static class Expect
{
    public static void True(bool holds, string otherwise)
    {
        if (!holds) throw new CheckFailedException(otherwise);
    }

    /// <summary>Largest difference over the largest expected magnitude; fails above the tolerance, and where a value is not a number.</summary>
    public static double Near(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual, double tolerance, string what)
    {
        True(expected.Length == actual.Length, $"{what}: {expected.Length} values expected, {actual.Length} found");
        double scale = 1e-30, worst = 0;
        int at = 0;
        foreach (float value in expected) scale = Math.Max(scale, Math.Abs(value));
        for (int i = 0; i < expected.Length; i++)
        {
            double difference = Math.Abs((double)expected[i] - actual[i]);
            if (difference <= worst) continue;
            (worst, at) = (difference, i);
            if (double.IsNaN(difference)) break;
        }

        return worst <= tolerance * scale
            ? worst / scale
            : throw new CheckFailedException(string.Create(
                CultureInfo.InvariantCulture, $"{what}[{at}]: expected {expected[at]:R}, got {actual[at]:R}; the difference is {worst / scale:0.0e+0} of the largest value, at most {tolerance:0.0e+0} is allowed"));
    }

    public static double Near(double expected, double actual, double tolerance, string what)
    {
        double relative = Math.Abs(expected - actual) / Math.Max(Math.Abs(expected), 1e-30);
        return relative <= tolerance ? relative : throw new CheckFailedException(string.Create(CultureInfo.InvariantCulture, $"{what}: expected {expected:R}, got {actual:R}"));
    }

    /// <summary>Every parameter of two models; the largest relative difference.</summary>
    public static double NearWeights(Model expected, Model actual, double tolerance)
    {
        double worst = 0;
        foreach ((Parameter e, Parameter a) in expected.Parameters.Zip(actual.Parameters)) worst = Math.Max(worst, Near(e.ToArray(), a.ToArray(), tolerance, e.Name));
        return worst;
    }

    /// <summary>Bit for bit, so that two NaNs are equal and two zeros need not be.</summary>
    public static void SameBits(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual, string what)
    {
        ReadOnlySpan<uint> e = MemoryMarshal.Cast<float, uint>(expected), a = MemoryMarshal.Cast<float, uint>(actual);
        int at = e.CommonPrefixLength(a);
        True(at == e.Length && at == a.Length, $"{what}: values from [{at}] on are not the same bits");
    }

    public static void SameBits(IReadOnlyList<float[]> expected, IReadOnlyList<float[]> actual, string what)
    {
        for (int i = 0; i < expected.Count; i++) SameBits(expected[i], actual[i], $"{what}, parameter {i}");
    }

    public static T Throws<T>(Action act) where T : Exception
    {
        try
        {
            act();
        }
        catch (T expected)
        {
            return expected;
        }

        throw new CheckFailedException($"there was no {typeof(T).Name}");
    }

    public static List<float[]> Weights(Model model) => [.. model.Parameters.Select(static parameter => parameter.ToArray())];

    public static string Text(double relative) => string.Create(CultureInfo.InvariantCulture, $"{relative:0.0e+0}");
}
