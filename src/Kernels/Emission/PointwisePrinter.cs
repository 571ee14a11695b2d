using Convoke.Kernels.KernelIr;

namespace Convoke.Kernels.Emission;

/// <summary>Pointwise code as C-like text: operators and their precedence here, what a target calls its functions in the classes derived from it.</summary>
public abstract class PointwisePrinter
{
    private const int Sum = 1, Product = 2, Primary = 3;

    /// <summary>The expression as text.</summary>
    public string Print(Expression expression) => Print(expression, Sum);

    /// <summary>The assignment as a statement.</summary>
    public string Print(Assignment assignment) => $"{Name(assignment.Target)} = {Print(assignment.Value)};";

    /// <summary>What the target calls a variable.</summary>
    public virtual string Name(string variable) => variable;

    /// <summary>What the target calls a constant.</summary>
    protected abstract string Constant(string name);

    /// <summary>a b + c.</summary>
    protected abstract string MultiplyAdd(string left, string right, string addend);

    /// <summary>What the target calls to divide; null: an operator.</summary>
    protected virtual string? Quotient(string dividend, string divisor) => null;

    protected abstract string SquareRoot(string operand);

    protected abstract string Exponential(string operand);

    protected abstract string HyperbolicTangent(string operand);

    protected abstract string ErrorFunction(string operand);

    protected abstract string WherePositive(string operand, string then, string otherwise);

    protected abstract string Relu(string operand);

    protected abstract string Magnitude(string operand);

    /// <summary>0 where the magnitude is below the limit, else the operand.</summary>
    protected abstract string Flush(string operand, string magnitude, string limit);

    private string Print(Expression expression, int precedence) => expression switch
    {
        Expression.Variable e => Name(e.Name),
        Expression.Constant e => Constant(e.Name),
        Expression.Add e => Infix(e.Left, " + ", e.Right, Sum, precedence),
        Expression.Exponential e => Exponential(Print(e.Operand)),
        Expression.HyperbolicTangent e => HyperbolicTangent(Print(e.Operand)),
        Expression.ErrorFunction e => ErrorFunction(Print(e.Operand)),
        Expression.WherePositive e => WherePositive(Print(e.Operand), Print(e.Then), Print(e.Otherwise)),
        Expression.Subtract e => Infix(e.Left, " - ", e.Right, Sum, precedence),
        Expression.Multiply e => Infix(e.Left, " * ", e.Right, Product, precedence),
        Expression.Divide e => Quotient(Print(e.Left), Print(e.Right)) ?? Infix(e.Left, " / ", e.Right, Product, precedence),
        Expression.MultiplyAdd e => MultiplyAdd(Print(e.Left), Print(e.Right), Print(e.Addend)),
        Expression.SquareRoot e => SquareRoot(Print(e.Operand)),
        Expression.Relu e => Relu(Print(e.Operand)),
        Expression.Flush e => Flush(Print(e.Operand), e.IsSigned ? Magnitude(Print(e.Operand)) : Print(e.Operand), Print(e.Limit)),
        _ => throw new NotSupportedException(expression.GetType().Name),
    };

    /// <summary>Operators associate to the left, so that a right operand of the same precedence stands in parentheses.</summary>
    private string Infix(Expression left, string sign, Expression right, int own, int around)
    {
        string text = Print(left, own) + sign + Print(right, own == Sum ? Product : Primary);
        return own < around ? $"({text})" : text;
    }
}
