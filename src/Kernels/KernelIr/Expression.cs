namespace Convoke.Kernels.KernelIr;

/// <summary>Pointwise arithmetic on f32, one element: what prologues and epilogues compute, whatever the target. A printer per target turns it into text.</summary>
/// <remarks>
/// <see cref="MultiplyAdd"/> rounds once where the target has it (CUDA, FMA processors); nothing else is contracted. NaN goes through all of it, <see cref="Relu"/> included.
/// </remarks>
public abstract record Expression
{
    private Expression()
    {
    }

    /// <summary>A value by its name.</summary>
    public sealed record Variable(string Name) : Expression;

    /// <summary>A constant by its name; <see cref="Pointwise.Constants"/> has its value.</summary>
    public sealed record Constant(string Name) : Expression;

    /// <summary>a + b.</summary>
    public sealed record Add(Expression Left, Expression Right) : Expression;

    /// <summary>a - b.</summary>
    public sealed record Subtract(Expression Left, Expression Right) : Expression;

    /// <summary>a b.</summary>
    public sealed record Multiply(Expression Left, Expression Right) : Expression;

    /// <summary>a / b.</summary>
    public sealed record Divide(Expression Left, Expression Right) : Expression;

    /// <summary>a b + c.</summary>
    public sealed record MultiplyAdd(Expression Left, Expression Right, Expression Addend) : Expression;

    /// <summary>sqrt(x), correctly rounded.</summary>
    public sealed record SquareRoot(Expression Operand) : Expression;

    /// <summary>e^x, within a few units in the last place; infinity where it overflows.</summary>
    public sealed record Exponential(Expression Operand) : Expression;

    /// <summary>tanh(x), to 2e-7.</summary>
    public sealed record HyperbolicTangent(Expression Operand) : Expression;

    /// <summary>erf(x), to 2e-7 (Abramowitz and Stegun 1964, 7.1.26).</summary>
    public sealed record ErrorFunction(Expression Operand) : Expression;

    /// <summary><paramref name="Then"/> where x &gt; 0, else <paramref name="Otherwise"/>, for NaN too; both are evaluated.</summary>
    public sealed record WherePositive(Expression Operand, Expression Then, Expression Otherwise) : Expression;

    /// <summary>max(x, 0); a NaN stays one.</summary>
    public sealed record Relu(Expression Operand) : Expression;

    /// <summary>0 where |x| is below the limit, else x; <paramref name="IsSigned"/> says whether x can be negative.</summary>
    public sealed record Flush(Expression Operand, Expression Limit, bool IsSigned) : Expression;

    /// <summary>Names of the constants in it.</summary>
    public IEnumerable<string> Constants() => this switch
    {
        Constant c => [c.Name],
        Add e => e.Left.Constants().Concat(e.Right.Constants()),
        Subtract e => e.Left.Constants().Concat(e.Right.Constants()),
        Multiply e => e.Left.Constants().Concat(e.Right.Constants()),
        Divide e => e.Left.Constants().Concat(e.Right.Constants()),
        MultiplyAdd e => e.Left.Constants().Concat(e.Right.Constants()).Concat(e.Addend.Constants()),
        WherePositive e => e.Operand.Constants().Concat(e.Then.Constants()).Concat(e.Otherwise.Constants()),
        SquareRoot e => e.Operand.Constants(),
        Exponential e => e.Operand.Constants(),
        HyperbolicTangent e => e.Operand.Constants(),
        ErrorFunction e => e.Operand.Constants(),
        Relu e => e.Operand.Constants(),
        Flush e => e.Operand.Constants().Concat(e.Limit.Constants()),
        _ => [],
    };

    public static implicit operator Expression(string variable) => new Variable(variable);

    public static Expression operator +(Expression left, Expression right) => new Add(left, right);

    public static Expression operator -(Expression left, Expression right) => new Subtract(left, right);

    public static Expression operator *(Expression left, Expression right) => new Multiply(left, right);

    public static Expression operator /(Expression left, Expression right) => new Divide(left, right);
}
