using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace Convoke.Generator;

internal sealed partial class ForwardInterpreter
{
    /// <summary>A value as a variable of this type holds it. Numbers are int, long, float and double; others stay with the compiler's own constants.</summary>
    private object? Convert(object? value, ITypeSymbol? type, IOperation at, bool isChecked = false)
    {
        switch (value)
        {
            case null when type is { IsReferenceType: true }:
            case SymValue when Names.IsSym(type):
            case SequenceValue when IsSequence(type):
            case bool when type is { SpecialType: SpecialType.System_Boolean }:
            case string when type is { SpecialType: SpecialType.System_String }:
            case char when type is { SpecialType: SpecialType.System_Char }:
                return value;
        }
        try
        {
            switch (type?.SpecialType)
            {
                case SpecialType.System_Int32:
                    return value switch { int v => v, char v => (int)v, long v => isChecked ? checked((int)v) : unchecked((int)v), float or double => Whole(Wide(value), int.MinValue, int.MaxValue) is { } v ? (int)v : throw Reject(at), _ => throw Reject(at) };
                case SpecialType.System_Int64:
                    return value switch { int v => v, char v => (long)v, long v => v, float or double => Whole(Wide(value), -9e18, 9e18) is { } v ? (long)v : throw Reject(at), _ => throw Reject(at) };
                case SpecialType.System_Single:
                    return value switch { int v => v, char v => (float)v, long v => v, float v => v, double v => (float)v, _ => throw Reject(at) };
                case SpecialType.System_Double:
                    return value switch { int v => v, char v => (double)v, long v => v, float v => v, double v => v, _ => throw Reject(at) };
                default:
                    throw Reject(at);
            }
        }
        catch (OverflowException)
        {
            throw Reject(at, "an overflow");
        }

        static double Wide(object real) => real is float single ? single : (double)real;

        // Outside of this range C# leaves the result to the machine.
        static double? Whole(double value, double least, double most) => Math.Truncate(value) is var whole && whole >= least && whole <= most ? whole : null;
    }

    private static bool IsSequence(ITypeSymbol? type) =>
        type is IArrayTypeSymbol or { IsTupleType: true } or { Name: "ReadOnlySpan" or "Span" or "IEnumerable" or "IReadOnlyCollection" or "IReadOnlyList" };

    private bool AreEqual(object? left, object? right, IOperation at)
    {
        if (left is null || right is null) return left is null && right is null;
        return left.GetType() == right.GetType() && left is int or long or float or double or bool or char or string ? left.Equals(right) : throw Reject(at, "this comparison");
    }

    /// <summary>An operator on constants, computed as the running program would.</summary>
    private object Fold(BinaryOperatorKind kind, object? left, object? right, ITypeSymbol? type, bool isChecked, IOperation at)
    {
        if (kind == BinaryOperatorKind.Equals && left is not (float or double)) return AreEqual(left, right, at);
        if (kind == BinaryOperatorKind.NotEquals && left is not (float or double)) return !AreEqual(left, right, at);

        // The compiler has given both operands one type; only the 1 of ++ comes without.
        if (left is long && right is int small && kind is not (BinaryOperatorKind.LeftShift or BinaryOperatorKind.RightShift or BinaryOperatorKind.UnsignedRightShift)) right = (long)small;
        if (left is double && right is int one) right = (double)one;
        if (left is float && right is int single) right = (float)single;
        try
        {
            return ((left, right) switch
            {
                (int a, int b) => ConstantMath.Of(kind, a, b, isChecked),
                (long a, long b) => ConstantMath.Of(kind, a, b, isChecked),
                (long a, int b) => ConstantMath.Shift(kind, a, b),
                (char a, char b) => ConstantMath.Of(kind, a, b, isChecked),
                (double a, double b) => ConstantMath.Of(kind, a, b),
                (float a, float b) => ConstantMath.Of(kind, a, b) is double wide ? (float)wide : ConstantMath.Of(kind, a, b),
                (bool a, bool b) => ConstantMath.Of(kind, a, b),
                _ => null,
            }) ?? throw Reject(at, type is null ? "this operator" : Describe(at));
        }
        catch (OverflowException)
        {
            throw Reject(at, "an overflow");
        }
        catch (DivideByZeroException)
        {
            throw Reject(at, "a division by zero");
        }
    }

    private object FoldUnary(UnaryOperatorKind kind, object? value, IUnaryOperation at) => (kind, value) switch
    {
        (UnaryOperatorKind.Not, bool v) => !v,
        (UnaryOperatorKind.Plus, int or long or float or double) => value,
        (UnaryOperatorKind.Minus, int v) => v == int.MinValue && at.IsChecked ? throw Reject(at, "an overflow") : unchecked(-v),
        (UnaryOperatorKind.Minus, long v) => v == long.MinValue && at.IsChecked ? throw Reject(at, "an overflow") : unchecked(-v),
        (UnaryOperatorKind.Minus, float v) => -v,
        (UnaryOperatorKind.Minus, double v) => -v,
        (UnaryOperatorKind.BitwiseNegation, int v) => ~v,
        (UnaryOperatorKind.BitwiseNegation, long v) => ~v,
        _ => throw Reject(at),
    };
}
