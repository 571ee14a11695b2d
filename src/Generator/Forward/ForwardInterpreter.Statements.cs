using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace Convoke.Generator;

internal sealed partial class ForwardInterpreter
{
    /// <summary>Where control goes after a statement.</summary>
    private enum Flow
    {
        Next,
        Break,
        Continue,
        Return,
    }

    private Flow Execute(IOperation statement, Frame frame)
    {
        Step(statement);
        switch (statement)
        {
            case IBlockOperation block:
                foreach (IOperation inner in block.Operations)
                    if (Execute(inner, frame) is var flow and not Flow.Next) return flow;
                return Flow.Next;
            case IVariableDeclarationGroupOperation group:
                foreach (IVariableDeclarationOperation declaration in group.Declarations)
                    foreach (IVariableDeclaratorOperation variable in declaration.Declarators) Declare(variable, declaration.Initializer, frame);
                return Flow.Next;
            case IExpressionStatementOperation expression:
                Evaluate(expression.Operation, frame);
                return Flow.Next;
            case IReturnOperation { Kind: OperationKind.Return } result:
                frame.Result = result.ReturnedValue is { } value ? Evaluate(value, frame) : null;
                return Flow.Return;
            case IBranchOperation { BranchKind: BranchKind.Break }:
                return Flow.Break;
            case IBranchOperation { BranchKind: BranchKind.Continue }:
                return Flow.Continue;
            case IConditionalOperation condition:
                if (IsTrue(condition.Condition, frame)) return Execute(condition.WhenTrue, frame);
                return condition.WhenFalse is { } otherwise ? Execute(otherwise, frame) : Flow.Next;
            case ISwitchOperation choice:
                return ExecuteSwitch(choice, frame);
            case IForLoopOperation loop:
                foreach (IOperation before in loop.Before) Execute(before, frame);
                return Loop(loop, loop.Condition, atTop: true, loop.AtLoopBottom, frame);
            case IWhileLoopOperation loop when !loop.ConditionIsUntil:
                return Loop(loop, loop.Condition, loop.ConditionIsTop, [], frame);
            case IForEachLoopOperation { IsAsynchronous: false } loop:
                return ExecuteForEach(loop, frame);
            case IEmptyOperation or ILocalFunctionOperation:
                // A local function is refused where it is called.
                return Flow.Next;
            default:
                throw Reject(statement);
        }
    }

    private void Declare(IVariableDeclaratorOperation variable, IVariableInitializerOperation? shared, Frame frame)
    {
        if (variable.Symbol.RefKind != RefKind.None) throw Reject(variable, "a ref local");
        if ((variable.Initializer ?? shared) is { } initializer) frame.Variables[variable.Symbol] = Evaluate(initializer.Value, frame);
    }

    private Flow Loop(ILoopOperation loop, IOperation? condition, bool atTop, IEnumerable<IOperation> atBottom, Frame frame)
    {
        for (bool first = true; ; first = false)
        {
            Step(loop);
            if (condition is not null && (atTop || !first) && !IsTrue(condition, frame)) return Flow.Next;
            Flow flow = Execute(loop.Body, frame);
            if (flow == Flow.Break) return Flow.Next;
            if (flow == Flow.Return) return flow;
            foreach (IOperation step in atBottom) Execute(step, frame);
        }
    }

    private Flow ExecuteForEach(IForEachLoopOperation loop, Frame frame)
    {
        if (Evaluate(loop.Collection, frame) is not SequenceValue sequence || loop.Collection.Type?.IsTupleType == true) throw Reject(loop.Collection, "this collection");
        foreach (object? item in sequence.Items)
        {
            Step(loop);
            if (loop.LoopControlVariable is IVariableDeclaratorOperation { Symbol: { RefKind: RefKind.None } variable } declarator)
                frame.Variables[variable] = Convert(item, variable.Type, declarator);
            else Assign(loop.LoopControlVariable, item, frame);
            Flow flow = Execute(loop.Body, frame);
            if (flow == Flow.Break) return Flow.Next;
            if (flow == Flow.Return) return flow;
        }
        return Flow.Next;
    }

    private Flow ExecuteSwitch(ISwitchOperation choice, Frame frame)
    {
        object? value = Evaluate(choice.Value, frame);
        ISwitchCaseOperation? chosen = choice.Cases.FirstOrDefault(section => section.Clauses.Any(clause => Selects(clause, value, frame)))
            ?? choice.Cases.FirstOrDefault(static section => section.Clauses.Any(static clause => clause.CaseKind == CaseKind.Default));
        foreach (IOperation statement in chosen is null ? [] : chosen.Body)
        {
            Flow flow = Execute(statement, frame);
            if (flow == Flow.Break) return Flow.Next;
            if (flow != Flow.Next) return flow;
        }
        return Flow.Next;
    }

    private bool Selects(ICaseClauseOperation clause, object? value, Frame frame) => clause switch
    {
        IDefaultCaseClauseOperation => false,
        ISingleValueCaseClauseOperation single => AreEqual(value, Evaluate(single.Value, frame), single),
        IPatternCaseClauseOperation pattern => Matches(pattern.Pattern, value, frame) && (pattern.Guard is null || IsTrue(pattern.Guard, frame)),
        _ => throw Reject(clause),
    };

    private bool IsTrue(IOperation condition, Frame frame) =>
        Evaluate(condition, frame) is bool truth ? truth : throw Reject(condition, "a condition that is not constant");
}
