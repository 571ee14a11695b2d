using Convoke.Kernels.Emission;

namespace Convoke.Kernels.Cpu;

/// <summary>Pointwise code on vectors of C#.</summary>
/// <param name="target">The vectors.</param>
/// <param name="rename">What variables are called; null for their own names.</param>
public sealed class VectorPrinter(VectorTarget target, Func<string, string>? rename = null) : PointwisePrinter
{
    public override string Name(string variable) => rename is null ? variable : rename(variable);

    /// <summary>Constants are vectors that were made once.</summary>
    protected override string Constant(string name) => name;

    protected override string MultiplyAdd(string left, string right, string addend) => $"V.{target.MultiplyAdd}({left}, {right}, {addend})";

    protected override string SquareRoot(string operand) => $"V.Sqrt({operand})";

    /// <summary>MaxNative yields its second operand where one is NaN: the value stands second, so that a NaN survives.</summary>
    protected override string Relu(string operand) => $"V.MaxNative(F.Zero, {operand})";

    protected override string Magnitude(string operand) => $"V.Abs({operand})";

    protected override string Flush(string operand, string magnitude, string limit) => $"V.ConditionalSelect(V.LessThan({magnitude}, {limit}), F.Zero, {operand})";

    protected override string Exponential(string operand) => $"V.Exp({operand})";

    protected override string HyperbolicTangent(string operand) => $"Tanh({operand})";

    protected override string ErrorFunction(string operand) => $"Erf({operand})";

    protected override string WherePositive(string operand, string then, string otherwise) => $"V.ConditionalSelect(V.GreaterThan({operand}, F.Zero), {then}, {otherwise})";
}
