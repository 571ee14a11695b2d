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

    /// <summary>max(x, 0); a NaN stays one.</summary>
    public sealed record Relu(Expression Operand) : Expression;

    /// <summary>0 where |x| is below the limit, else x; <paramref name="IsSigned"/> says whether x can be negative.</summary>
    public sealed record Flush(Expression Operand, Expression Limit, bool IsSigned) : Expression;

    public static implicit operator Expression(string variable) => new Variable(variable);

    public static Expression operator -(Expression left, Expression right) => new Subtract(left, right);

    public static Expression operator *(Expression left, Expression right) => new Multiply(left, right);

    public static Expression operator /(Expression left, Expression right) => new Divide(left, right);
}
