using Convoke.Kernels.Models;

namespace Convoke.Kernels.KernelIr;

/// <summary>Activations and their derivatives as pointwise code.</summary>
public static class ActivationStep
{
    private static readonly Expression One = new Expression.Constant("one"), Half = new Expression.Constant("half"), Zero = new Expression.Constant("zero");

    /// <summary>Constants that the expressions below name.</summary>
    /// <param name="slope">Leaky ReLU's.</param>
    public static IReadOnlyList<NamedConstant> Constants(double slope) =>
    [
        new("zero", 0), new("one", 1), new("half", 0.5), new(SlopeName(slope), slope), new("rootHalf", Math.Sqrt(0.5)), new("density", 1 / Math.Sqrt(2 * Math.PI)),
    ];

    /// <summary>Leaky ReLUs of several slopes may meet in one kernel.</summary>
    private static string SlopeName(double slope) => "slope" + slope.ToString("R", System.Globalization.CultureInfo.InvariantCulture).Replace('.', '_').Replace("-", "Minus");

    private static Expression.Constant Slope(double slope) => new Expression.Constant(SlopeName(slope));

    /// <summary>f(x).</summary>
    public static Expression Value(ActivationKind kind, Expression x, double slope) => kind switch
    {
        ActivationKind.Relu => new Expression.Relu(x),
        ActivationKind.LeakyRelu => new Expression.WherePositive(x, x, Slope(slope) * x),
        ActivationKind.Sigmoid => Sigmoid(x),
        ActivationKind.Silu => x / (One + new Expression.Exponential(Zero - x)),
        ActivationKind.Tanh => new Expression.HyperbolicTangent(x),
        ActivationKind.Gelu => x * Normal(x),
        _ => throw new NotSupportedException($"{kind} is not element by element"),
    };

    /// <summary>dy f'(x); of ReLU, x is the output, which is positive where the input is.</summary>
    public static Expression Gradient(ActivationKind kind, Expression dy, Expression x, double slope) => kind switch
    {
        ActivationKind.Relu => new Expression.WherePositive(x, dy, Zero),
        ActivationKind.LeakyRelu => new Expression.WherePositive(x, dy, Slope(slope) * dy),
        ActivationKind.Sigmoid => dy * Sigmoid(x) * (One - Sigmoid(x)),
        ActivationKind.Silu => dy * Sigmoid(x) * (One + x * (One - Sigmoid(x))),
        ActivationKind.Tanh => dy * (One - new Expression.HyperbolicTangent(x) * new Expression.HyperbolicTangent(x)),
        ActivationKind.Gelu => dy * (Normal(x) + x * new Expression.Constant("density") * new Expression.Exponential(Zero - Half * x * x)),
        _ => throw new NotSupportedException($"{kind} is not element by element"),
    };

    /// <summary>1 / (1 + exp(-x)): where the exponential overflows the quotient is 0, as it should be.</summary>
    private static Expression Sigmoid(Expression x) => One / (One + new Expression.Exponential(Zero - x));

    /// <summary>The normal distribution function, (1 + erf(x / sqrt 2)) / 2.</summary>
    private static Expression Normal(Expression x) => Half * (One + new Expression.ErrorFunction(x * new Expression.Constant("rootHalf")));
}
