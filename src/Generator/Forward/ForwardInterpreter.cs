using Convoke.Kernels.Models;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Operations;

namespace Convoke.Generator;

/// <summary>Runs a Forward while the program compiles, on values that are calls of layers, constants, and sequences of these.</summary>
/// <remarks>
/// It walks the compiler's own bound tree, so overloads, conversions and constants of other files mean what they mean in C#. What it cannot follow
/// exactly it refuses: running Forward on tracing values must make the calls that are recorded here, in the same order.
/// </remarks>
/// <param name="layers">The layer methods, by their declaring part.</param>
/// <param name="bodies">Bodies of Forward and of its helpers.</param>
/// <param name="calls">Receives the calls.</param>
/// <param name="preset">Decides how layers of an indexed method are named.</param>
/// <param name="report">Where what cannot be read is reported; null where the generator reads.</param>
/// <param name="cancellation">Ends the reading.</param>
internal sealed partial class ForwardInterpreter(
    IReadOnlyDictionary<IMethodSymbol, LayerDeclaration> layers, MethodBodies bodies, CallRecorder calls, Preset preset, Report? report, CancellationToken cancellation)
{
    /// <summary>Statements and expressions, calls inside one another, and calls of layers: far above any model, low enough to be read in a blink.</summary>
    public const int MaxSteps = 100_000, MaxDepth = 64, MaxCalls = 4096;

    private int _steps;
    private int _depth;

    /// <summary>What Forward returns: a <see cref="SymValue"/>, or a <see cref="SequenceValue"/> for a tuple.</summary>
    /// <exception cref="UnreadableException">Forward cannot be read; the reason has been reported.</exception>
    public object? Run(IMethodSymbol forward)
    {
        Location at = forward.Locations[0];
        try
        {
            return Inline(forward, [.. forward.Parameters.Select(static (_, i) => new SymValue(CallSpec.InputAt(i)))], at);
        }
        catch (InsufficientExecutionStackException)
        {
            throw TooLong(at, "its expressions are nested too deeply");
        }
    }

    /// <summary>The variables of one running method.</summary>
    private sealed class Frame
    {
        public Dictionary<ISymbol, object?> Variables { get; } = new(SymbolEqualityComparer.Default);

        public object? Result { get; set; }
    }

    private object? Inline(IMethodSymbol method, object?[] arguments, Location at)
    {
        if (bodies.Find(method) is not { } body) throw Reject(at, $"{method.Name}, whose body is not in this project");
        if (++_depth > MaxDepth) throw TooLong(at, $"calls are nested more than {Literals.Of(MaxDepth)} deep");

        // A body's own symbols are those of the implementing part of the generic definition.
        IMethodSymbol owner = (method.PartialImplementationPart ?? method).OriginalDefinition;
        var frame = new Frame();
        for (int i = 0; i < arguments.Length; i++) frame.Variables[owner.Parameters[i]] = arguments[i];
        Execute(body, frame);
        _depth--;
        return frame.Result;
    }

    private void Step(IOperation at)
    {
        cancellation.ThrowIfCancellationRequested();
        System.Runtime.CompilerServices.RuntimeHelpers.EnsureSufficientExecutionStack();
        if (++_steps > MaxSteps) throw TooLong(at.Syntax.GetLocation(), $"it takes more than {Literals.Of(MaxSteps)} steps");
    }

    private UnreadableException Reject(Location at, string what)
    {
        // What does not compile can look like what cannot be read; the compiler says it better.
        if (report is not null && !bodies.HasErrors(at)) report(DiagnosticCatalog.ForwardUnreadable, at, null, what);
        return new UnreadableException();
    }

    private UnreadableException Reject(IOperation operation, string what) => Reject(operation.Syntax.GetLocation(), what);

    /// <summary>Refuses an operation by what C# calls it.</summary>
    private UnreadableException Reject(IOperation operation) =>
        operation is IInvalidOperation ? new UnreadableException() : Reject(operation, Describe(operation));

    private UnreadableException TooLong(Location at, string why)
    {
        report?.Invoke(DiagnosticCatalog.ForwardTooLong, at, null, why);
        return new UnreadableException();
    }

    private static string Describe(IOperation operation) => operation switch
    {
        IAnonymousFunctionOperation or IDelegateCreationOperation => "a delegate",
        ILocalFunctionOperation => "a local function",
        IThrowOperation => "throw",
        ITryOperation => "try",
        IUsingOperation or IUsingDeclarationOperation => "using",
        ILockOperation => "lock",
        IAwaitOperation => "await",
        ILabeledOperation or IBranchOperation { BranchKind: BranchKind.GoTo } => "goto",
        IReturnOperation { Kind: OperationKind.YieldReturn or OperationKind.YieldBreak } => "yield",
        IInterpolatedStringOperation => "an interpolated string",
        IObjectCreationOperation { Type: { } type } => "new " + type.Name,
        IArrayCreationOperation => "an array without its elements",
        IInstanceReferenceOperation => "this",
        IFieldReferenceOperation field => $"the field {field.Field.Name}, which is not const",
        IPropertyReferenceOperation property => $"the property {property.Property.Name}, whose value is not known then",
        IArrayElementReferenceOperation => "this element",
        IDefaultValueOperation => "default",
        ITypeOfOperation => "typeof",
        IConversionOperation { Type: { } type } => $"a conversion to {type.ToDisplayString(SymbolDisplayFormat.MinimallyQualifiedFormat)}",
        IInvocationOperation call => "a call of " + call.TargetMethod.Name,
        _ => operation.Syntax is { } syntax && SyntaxKindText(syntax) is { Length: > 0 } text ? text : operation.Kind.ToString(),
    };

    /// <summary>"SimpleLambdaExpression" as "simple lambda expression".</summary>
    private static string SyntaxKindText(SyntaxNode syntax) =>
        string.Concat(syntax.Kind().ToString().Select(static (c, i) => char.IsUpper(c) ? (i > 0 ? " " : "") + char.ToLowerInvariant(c) : c.ToString()));
}
