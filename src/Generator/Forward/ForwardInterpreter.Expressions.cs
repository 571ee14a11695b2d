using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace Convoke.Generator;

internal sealed partial class ForwardInterpreter
{
    private object? Evaluate(IOperation expression, Frame frame)
    {
        Step(expression);
        if (expression.ConstantValue.HasValue) return expression.ConstantValue.Value;
        switch (expression)
        {
            case ILocalReferenceOperation local:
                return frame.Variables.TryGetValue(local.Local, out object? value) ? value : throw Reject(local, $"the variable {local.Local.Name} here");
            case IParameterReferenceOperation parameter:
                return frame.Variables.TryGetValue(parameter.Parameter, out object? argument) ? argument : throw Reject(parameter, $"the parameter {parameter.Parameter.Name} here");
            case IParenthesizedOperation parenthesized:
                return Evaluate(parenthesized.Operand, frame);
            case IConversionOperation conversion:
                return EvaluateConversion(conversion, frame);
            case ITupleOperation tuple:
                return Sequence(tuple.Elements, frame);
            case ICollectionExpressionOperation collection:
                return Sequence(collection.Elements, frame);
            case IArrayCreationOperation { Initializer: { } initializer, DimensionSizes.Length: 1 }:
                return Sequence(initializer.ElementValues, frame);
            case IFieldReferenceOperation { Instance: { } instance } field when field.Field.ContainingType.IsTupleType:
                return Element(field, instance, TupleIndex(field.Field), frame);
            case IArrayElementReferenceOperation { Indices: [var index] } element:
                return Element(element, element.ArrayReference, Evaluate(index, frame), frame);
            case IPropertyReferenceOperation property:
                return EvaluateProperty(property, frame);
            case ISimpleAssignmentOperation { IsRef: false } assignment:
                return Assign(assignment.Target, Evaluate(assignment.Value, frame), frame);
            case IDeconstructionAssignmentOperation assignment:
                return Assign(assignment.Target, Evaluate(assignment.Value, frame), frame);
            case ICompoundAssignmentOperation assignment:
                return EvaluateCompound(assignment, frame);
            case IIncrementOrDecrementOperation { OperatorMethod: null } step:
                object? before = Evaluate(step.Target, frame);
                object? after = Fold(step.Kind == OperationKind.Increment ? BinaryOperatorKind.Add : BinaryOperatorKind.Subtract, before, 1, step.Type, step.IsChecked, step);
                Assign(step.Target, after, frame);
                return step.IsPostfix ? before : after;
            case IBinaryOperation binary:
                return EvaluateBinary(binary, frame);
            case IUnaryOperation { OperatorMethod: null } unary:
                return FoldUnary(unary.OperatorKind, Evaluate(unary.Operand, frame), unary);
            case IConditionalOperation { WhenFalse: { } otherwise } conditional:
                return Evaluate(IsTrue(conditional.Condition, frame) ? conditional.WhenTrue : otherwise, frame);
            case ISwitchExpressionOperation choice:
                return EvaluateSwitch(choice, frame);
            case IIsPatternOperation test:
                return Matches(test.Pattern, Evaluate(test.Value, frame), frame);
            case IInvocationOperation call:
                return Call(call, frame);
            default:
                throw Reject(expression);
        }
    }

    private SequenceValue Sequence(IEnumerable<IOperation> elements, Frame frame)
    {
        var items = new List<object?>();
        foreach (IOperation element in elements)
        {
            if (element is not ISpreadOperation spread) items.Add(Evaluate(element, frame));
            else if (Evaluate(spread.Operand, frame) is SequenceValue inner) items.AddRange(inner.Items);
            else throw Reject(spread, "this collection");
        }
        return new SequenceValue([.. items]);
    }

    private object? Element(IOperation at, IOperation sequence, object? index, Frame frame)
    {
        if (Evaluate(sequence, frame) is not SequenceValue { Items: var items } || index is not int i) throw Reject(at, "this element");
        return i >= 0 && i < items.Length ? items[i] : throw Reject(at, $"element {Literals.Of(i)} of {Literals.Of(items.Length)}");
    }

    private static int TupleIndex(IFieldSymbol field)
    {
        IFieldSymbol place = field.CorrespondingTupleField ?? field;
        int index = 0;
        foreach (IFieldSymbol element in field.ContainingType.TupleElements)
        {
            if ((element.CorrespondingTupleField ?? element).Name == place.Name) return index;
            index++;
        }
        return -1;
    }

    private object? EvaluateProperty(IPropertyReferenceOperation property, Frame frame)
    {
        // A getter of this project is a helper without parameters; arrays and spans have a length and elements.
        if (property.Instance is null && property.Property is { IsStatic: true, GetMethod: { } getter } && bodies.Find(getter) is not null)
            return Inline(getter, [], property.Syntax.GetLocation());
        if (property.Instance is { Type: { } type } instance && (type is IArrayTypeSymbol || type.Name is "ReadOnlySpan" or "Span"))
        {
            if (property.Arguments is [var index]) return Element(property, instance, Evaluate(index.Value, frame), frame);
            if (property.Property.Name == "Length" && Evaluate(instance, frame) is SequenceValue sequence) return sequence.Items.Length;
        }
        throw Reject(property);
    }

    private object? Assign(IOperation target, object? value, Frame frame)
    {
        switch (target)
        {
            case ILocalReferenceOperation { Local: { RefKind: RefKind.None } local }:
                return frame.Variables[local] = value;
            case IParameterReferenceOperation { Parameter: { RefKind: RefKind.None } parameter }:
                return frame.Variables[parameter] = value;
            case IDiscardOperation:
                return value;
            case IDeclarationExpressionOperation declaration:
                return Assign(declaration.Expression, value, frame);
            case ITupleOperation tuple when value is SequenceValue { Items: var items } && items.Length == tuple.Elements.Length:
                for (int i = 0; i < items.Length; i++)
                    Assign(tuple.Elements[i], tuple.Elements[i] is ITupleOperation or IDiscardOperation ? items[i] : Convert(items[i], tuple.Elements[i].Type, tuple.Elements[i]), frame);
                return value;
            default:
                throw Reject(target, "an assignment to anything but a local variable");
        }
    }

    private object? EvaluateCompound(ICompoundAssignmentOperation assignment, Frame frame)
    {
        object? left = Evaluate(assignment.Target, frame), right = Evaluate(assignment.Value, frame);
        object? value = assignment.OperatorMethod is { } method
            ? CallOperator(method, assignment.OperatorKind, left, right, assignment)
            : Convert(
                Fold(assignment.OperatorKind, Convert(left, OperandType(assignment, right), assignment), right, assignment.Value.Type, assignment.IsChecked, assignment),
                assignment.Type, assignment);
        return Assign(assignment.Target, value, frame);

        // int += double is computed in double and converted back; shifts keep the left operand's type.
        static ITypeSymbol? OperandType(ICompoundAssignmentOperation a, object? right) =>
            a.OperatorKind is BinaryOperatorKind.LeftShift or BinaryOperatorKind.RightShift or BinaryOperatorKind.UnsignedRightShift || right is null ? a.Target.Type : a.Value.Type;
    }

    private object? EvaluateBinary(IBinaryOperation binary, Frame frame)
    {
        object? left = Evaluate(Unboxed(binary.LeftOperand), frame);

        // The second operand of && and || runs only where C# runs it.
        if (binary.OperatorKind is BinaryOperatorKind.ConditionalAnd or BinaryOperatorKind.ConditionalOr && binary.OperatorMethod is null)
        {
            if (left is not bool first) throw Reject(binary.LeftOperand, "a condition that is not constant");
            return first == (binary.OperatorKind == BinaryOperatorKind.ConditionalOr) ? first : IsTrue(binary.RightOperand, frame);
        }

        object? right = Evaluate(Unboxed(binary.RightOperand), frame);
        if (binary.OperatorMethod is { } method && left is not string && right is not string) return CallOperator(method, binary.OperatorKind, left, right, binary);
        return Fold(binary.OperatorKind, left, right, binary.Type, binary.IsChecked, binary);
    }

    /// <summary>References are compared as objects, which is no more than a way of the compiler to say so.</summary>
    private static IOperation Unboxed(IOperation operand) =>
        operand is IConversionOperation { IsImplicit: true, Type.SpecialType: SpecialType.System_Object, Operand: var inner } ? inner : operand;

    private object? EvaluateConversion(IConversionOperation conversion, Frame frame)
    {
        object? value = Evaluate(conversion.Operand, frame);
        if (!conversion.Conversion.Exists) throw new UnreadableException();
        if (value is SequenceValue && IsSequence(conversion.Type)) return value;
        if (conversion.OperatorMethod is not null) throw Reject(conversion);
        return Convert(value, conversion.Type, conversion, conversion.IsChecked);
    }
}
