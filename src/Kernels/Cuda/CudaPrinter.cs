using Convoke.Kernels.Emission;

namespace Convoke.Kernels.Cuda;

/// <summary>Pointwise code in CUDA C, on one float.</summary>
public sealed class CudaPrinter(Func<string, string>? rename = null) : PointwisePrinter
{
    /// <summary>Whether quotients and roots are the unit's own, which are off by up to two units in the last place: where they are exact a thread goes through some forty instructions more.</summary>
    public bool IsFast { get; init; }

    public override string Name(string variable) => rename is null ? variable : rename(variable);

    /// <summary>Constants are constexpr, in capitals as all of them.</summary>
    protected override string Constant(string name) => name.ToUpperInvariant();

    protected override string MultiplyAdd(string left, string right, string addend) => $"fmaf({left}, {right}, {addend})";

    protected override string? Quotient(string dividend, string divisor) => IsFast ? $"__fdividef({dividend}, {divisor})" : null;

    protected override string SquareRoot(string operand) => $"{(IsFast ? "fast_root" : "sqrtf")}({operand})";

    /// <summary>fmaxf would drop a NaN.</summary>
    protected override string Relu(string operand) => $"{operand} < 0.0f ? 0.0f : {operand}";

    protected override string Magnitude(string operand) => $"fabsf({operand})";

    protected override string Flush(string operand, string magnitude, string limit) => $"{magnitude} < {limit} ? 0.0f : {operand}";

    protected override string Exponential(string operand) => $"expf({operand})";

    protected override string HyperbolicTangent(string operand) => $"tanhf({operand})";

    protected override string ErrorFunction(string operand) => $"erff({operand})";

    protected override string WherePositive(string operand, string then, string otherwise) => $"({operand} > 0.0f ? {then} : {otherwise})";
}
