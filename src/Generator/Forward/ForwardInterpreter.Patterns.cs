using Microsoft.CodeAnalysis.Operations;

namespace Convoke.Generator;

internal sealed partial class ForwardInterpreter
{
    private object? EvaluateSwitch(ISwitchExpressionOperation choice, Frame frame)
    {
        object? value = Evaluate(choice.Value, frame);
        foreach (ISwitchExpressionArmOperation arm in choice.Arms)
            if (Matches(arm.Pattern, value, frame) && (arm.Guard is null || IsTrue(arm.Guard, frame))) return Evaluate(arm.Value, frame);
        throw Reject(choice, "a switch that has no case for its value");
    }

    /// <summary>Patterns over constants.</summary>
    private bool Matches(IPatternOperation pattern, object? value, Frame frame)
    {
        Step(pattern);
        switch (pattern)
        {
            case IDiscardPatternOperation:
                return true;
            case IConstantPatternOperation constant:
                return AreEqual(value, Evaluate(constant.Value, frame), constant);
            case IRelationalPatternOperation relation when value is int or long or float or double or char:
                return Fold(relation.OperatorKind, value, Evaluate(relation.Value, frame), relation.Value.Type, isChecked: false, relation) is true;
            case INegatedPatternOperation negated:
                return !Matches(negated.Pattern, value, frame);
            case IBinaryPatternOperation { OperatorKind: BinaryOperatorKind.And } both:
                return Matches(both.LeftPattern, value, frame) && Matches(both.RightPattern, value, frame);
            case IBinaryPatternOperation { OperatorKind: BinaryOperatorKind.Or } either:
                return Matches(either.LeftPattern, value, frame) || Matches(either.RightPattern, value, frame);
            default:
                throw Reject(pattern, "this pattern");
        }
    }
}
