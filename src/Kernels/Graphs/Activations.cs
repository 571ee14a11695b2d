using Convoke.Kernels.Models;

namespace Convoke.Kernels.Graphs;

/// <summary>Activations and their derivatives, in double: the definition that kernels are held to.</summary>
internal static class Activations
{
    /// <summary>f(x).</summary>
    public static double Value(ActivationKind kind, double slope, double x) => kind switch
    {
        ActivationKind.LeakyRelu => x > 0 || double.IsNaN(x) ? x : slope * x,
        ActivationKind.Gelu => x * Normal(x),
        ActivationKind.Silu => x * Sigmoid(x),
        ActivationKind.Sigmoid => Sigmoid(x),
        ActivationKind.Tanh => Math.Tanh(x),
        _ => throw new NotSupportedException($"{kind} is not element by element"),
    };

    /// <summary>f'(x).</summary>
    public static double Derivative(ActivationKind kind, double slope, double x) => kind switch
    {
        ActivationKind.LeakyRelu => x > 0 ? 1 : slope,
        ActivationKind.Gelu => Normal(x) + (x * Math.Exp(-x * x / 2) / Math.Sqrt(2 * Math.PI)),
        ActivationKind.Silu => Sigmoid(x) * (1 + (x * (1 - Sigmoid(x)))),
        ActivationKind.Sigmoid => Sigmoid(x) * (1 - Sigmoid(x)),
        ActivationKind.Tanh => 1 - (Math.Tanh(x) * Math.Tanh(x)),
        _ => throw new NotSupportedException($"{kind} is not element by element"),
    };

    private static double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));

    /// <summary>The distribution function of the normal distribution, (1 + erf(x / sqrt 2)) / 2.</summary>
    private static double Normal(double x) => 0.5 * (1 + Erf(x / Math.Sqrt(2)));

    /// <summary>
    /// erf by its Maclaurin series (Abramowitz and Stegun 1964, 7.1.6, whose terms are all positive), and from 6 on, where the complement is below 2e-17, by 1.
    /// </summary>
    private static double Erf(double x)
    {
        double magnitude = Math.Abs(x);
        if (!(magnitude < 6)) return double.IsNaN(x) ? x : Math.Sign(x);
        double term = magnitude, sum = magnitude;
        for (int n = 1; term > sum * 1e-17; n++)
        {
            term *= 2 * magnitude * magnitude / ((2 * n) + 1);
            sum += term;
        }

        return Math.Sign(x) * 2 / Math.Sqrt(Math.PI) * Math.Exp(-magnitude * magnitude) * sum;
    }
}
