using Microsoft.CodeAnalysis.Operations;

namespace Convoke.Generator;

/// <summary>C#'s operators on constants; null where an operator does not apply to a type.</summary>
internal static class ConstantMath
{
    /// <exception cref="OverflowException">A checked result, or int.MinValue / -1, has no int.</exception>
    /// <exception cref="DivideByZeroException"><paramref name="b"/> is 0 and divides.</exception>
    public static object? Of(BinaryOperatorKind kind, int a, int b, bool isChecked)
    {
        switch (kind)
        {
            case BinaryOperatorKind.Add: return isChecked ? checked(a + b) : unchecked(a + b);
            case BinaryOperatorKind.Subtract: return isChecked ? checked(a - b) : unchecked(a - b);
            case BinaryOperatorKind.Multiply: return isChecked ? checked(a * b) : unchecked(a * b);
            case BinaryOperatorKind.Divide: return a / b;
            case BinaryOperatorKind.Remainder: return a % b;
            case BinaryOperatorKind.And: return a & b;
            case BinaryOperatorKind.Or: return a | b;
            case BinaryOperatorKind.ExclusiveOr: return a ^ b;
            case BinaryOperatorKind.LeftShift: return a << b;
            case BinaryOperatorKind.RightShift: return a >> b;
            case BinaryOperatorKind.UnsignedRightShift: return a >>> b;
            default: return Compare(kind, a.CompareTo(b));
        }
    }

    /// <exception cref="OverflowException">A checked result, or long.MinValue / -1, has no long.</exception>
    /// <exception cref="DivideByZeroException"><paramref name="b"/> is 0 and divides.</exception>
    public static object? Of(BinaryOperatorKind kind, long a, long b, bool isChecked)
    {
        switch (kind)
        {
            case BinaryOperatorKind.Add: return isChecked ? checked(a + b) : unchecked(a + b);
            case BinaryOperatorKind.Subtract: return isChecked ? checked(a - b) : unchecked(a - b);
            case BinaryOperatorKind.Multiply: return isChecked ? checked(a * b) : unchecked(a * b);
            case BinaryOperatorKind.Divide: return a / b;
            case BinaryOperatorKind.Remainder: return a % b;
            case BinaryOperatorKind.And: return a & b;
            case BinaryOperatorKind.Or: return a | b;
            case BinaryOperatorKind.ExclusiveOr: return a ^ b;
            default: return Compare(kind, a.CompareTo(b));
        }
    }

    public static object? Shift(BinaryOperatorKind kind, long a, int b) => kind switch
    {
        BinaryOperatorKind.LeftShift => a << b,
        BinaryOperatorKind.RightShift => a >> b,
        BinaryOperatorKind.UnsignedRightShift => a >>> b,
        _ => null,
    };

    public static object? Of(BinaryOperatorKind kind, double a, double b) => kind switch
    {
        BinaryOperatorKind.Add => a + b,
        BinaryOperatorKind.Subtract => a - b,
        BinaryOperatorKind.Multiply => a * b,
        BinaryOperatorKind.Divide => a / b,
        BinaryOperatorKind.Remainder => a % b,
        BinaryOperatorKind.Equals => a == b,
        BinaryOperatorKind.NotEquals => a != b,
        BinaryOperatorKind.LessThan => a < b,
        BinaryOperatorKind.LessThanOrEqual => a <= b,
        BinaryOperatorKind.GreaterThan => a > b,
        BinaryOperatorKind.GreaterThanOrEqual => a >= b,
        _ => null,
    };

    public static object? Of(BinaryOperatorKind kind, bool a, bool b) => kind switch
    {
        BinaryOperatorKind.And => a & b,
        BinaryOperatorKind.Or => a | b,
        BinaryOperatorKind.ExclusiveOr => a ^ b,
        _ => null,
    };

    private static object? Compare(BinaryOperatorKind kind, int order) => kind switch
    {
        BinaryOperatorKind.LessThan => order < 0,
        BinaryOperatorKind.LessThanOrEqual => order <= 0,
        BinaryOperatorKind.GreaterThan => order > 0,
        BinaryOperatorKind.GreaterThanOrEqual => order >= 0,
        _ => null,
    };
}
