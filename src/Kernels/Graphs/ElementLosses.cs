using Convoke.Kernels.Models;

namespace Convoke.Kernels.Graphs;

/// <summary>Losses of one element, of its difference d = y - t, in double: what the interpreter computes and kernels are held against.</summary>
public static class ElementLosses
{
    /// <summary>Mean squared error: d^2. Smooth L1 (Girshick 2015, equation 3, with the beta of Huber 1964 by which PyTorch divides): d^2 / (2 beta) where |d| &lt; beta, else |d| - beta / 2.</summary>
    /// <exception cref="NotSupportedException">The loss is not one of elements.</exception>
    public static double Value(LossKind kind, double beta, double d) => kind switch
    {
        LossKind.MeanSquaredError => d * d,
        LossKind.SmoothL1 => Math.Abs(d) < beta ? d * d / (2 * beta) : Math.Abs(d) - (beta / 2),
        _ => throw new NotSupportedException($"{kind} is no loss of elements"),
    };

    /// <summary>Its derivative: 2 d; d / beta where |d| &lt; beta, else the sign of d.</summary>
    /// <exception cref="NotSupportedException">The loss is not one of elements.</exception>
    public static double Derivative(LossKind kind, double beta, double d) => kind switch
    {
        LossKind.MeanSquaredError => 2 * d,
        LossKind.SmoothL1 => Math.Abs(d) < beta ? d / beta : double.IsNaN(d) ? d : Math.Sign(d),
        _ => throw new NotSupportedException($"{kind} is no loss of elements"),
    };
}
