using Convoke.Kernels.Models;

namespace Convoke.Kernels.KernelIr;

/// <summary>Losses by element as pointwise code, of the difference d = y - t.</summary>
public static class ElementLossStep
{
    private static readonly Expression D = "d", Zero = new Expression.Constant("zero"), One = new Expression.Constant("one"), Beta = new Expression.Constant("beta");

    private static readonly Expression Magnitude = new Expression.WherePositive(D, D, Zero - D);

    /// <summary>Constants that the expressions below name.</summary>
    public static IReadOnlyList<NamedConstant> Constants(LossSpec loss, bool gradient)
    {
        NamedConstant[] all = [
            new("zero", 0), new("one", 1), new("minusOne", -1), new("two", 2), new("beta", loss.Beta), new("halfBeta", loss.Beta / 2), new("inverseBeta", 1 / loss.Beta), new("halfInverseBeta", 0.5 / loss.Beta)];
        var used = new HashSet<string>(Value(loss.Kind).Constants().Concat(gradient ? Derivative(loss.Kind).Constants() : []));
        return [.. all.Where(c => used.Contains(c.Name))];
    }

    /// <summary>The loss, for comments.</summary>
    public static string Formula(LossKind kind) => kind == LossKind.MeanSquaredError ? "d^2" : "d^2 / (2 beta) where |d| < beta, else |d| - beta / 2";

    /// <summary>Its derivative, for comments.</summary>
    public static string DerivativeFormula(LossKind kind) => kind == LossKind.MeanSquaredError ? "2 d" : "(d / beta where |d| < beta, else the sign of d)";

    /// <summary>The loss of one element.</summary>
    public static Expression Value(LossKind kind) => kind switch
    {
        LossKind.MeanSquaredError => D * D,
        LossKind.SmoothL1 => new Expression.WherePositive(Beta - Magnitude, new Expression.Constant("halfInverseBeta") * D * D, Magnitude - new Expression.Constant("halfBeta")),
        _ => throw new NotSupportedException($"{kind} is no loss of elements"),
    };

    /// <summary>Its derivative; of SmoothL1 not that of a NaN, which the loss itself shows.</summary>
    public static Expression Derivative(LossKind kind) => kind switch
    {
        LossKind.MeanSquaredError => new Expression.Constant("two") * D,
        LossKind.SmoothL1 => new Expression.WherePositive(Beta - Magnitude, new Expression.Constant("inverseBeta") * D, new Expression.WherePositive(D, One, new Expression.Constant("minusOne"))),
        _ => throw new NotSupportedException($"{kind} is no loss of elements"),
    };
}
