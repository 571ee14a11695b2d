using Convoke.Kernels.Models;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace Convoke.Generator;

internal sealed partial class ForwardInterpreter
{
    private object? Call(IInvocationOperation call, Frame frame)
    {
        IMethodSymbol method = call.TargetMethod;
        if (!method.IsStatic || method.MethodKind is not (MethodKind.Ordinary or MethodKind.ReducedExtension) || method.IsAsync)
            throw Reject(call, method.MethodKind == MethodKind.LocalFunction ? $"the local function {method.Name}" : $"{method.Name}, which is no plain static method");
        foreach (IParameterSymbol parameter in method.Parameters)
            if (parameter.RefKind is not (RefKind.None or RefKind.In)) throw Reject(call, $"{method.Name}, which has a ref or out parameter");

        // Arguments are evaluated in the order of the text, which named ones may change.
        var arguments = new object?[method.Parameters.Length];
        foreach (IArgumentOperation argument in call.Arguments) arguments[argument.Parameter!.Ordinal] = Evaluate(argument.Value, frame);

        if (layers.TryGetValue(method.PartialDefinitionPart ?? method, out LayerDeclaration? layer)) return CallLayer(layer, arguments, call);
        if (method.ContainingType is { Name: Names.Ops } type && Names.InConvoke(type)) return CallOperation(method, arguments, call);
        if (method.Name == "Range" && method.ContainingType.ToDisplayString() == "System.Linq.Enumerable" && arguments is [int start, int count] && count is >= 0 and <= MaxSteps)
            return new SequenceValue([.. Enumerable.Range(start, count).Select(static i => (object?)i)]);
        return Inline(method, arguments, call.Syntax.GetLocation());
    }

    private SymValue CallLayer(LayerDeclaration layer, object?[] arguments, IInvocationOperation call)
    {
        layer.IsCalled = true;
        LayerSpec spec = layer.Layer;
        if (layer.Indexed)
        {
            if (arguments[1] is not int index || index < 0) throw Reject(ArgumentAt(call, 1), "a layer's index that is not a constant of at least 0");
            spec = spec with { Name = spec.Name + LayerNames.IndexSeparator(preset) + Literals.Of(index) };
        }
        SymValue value = Record(spec, layer.Attribute, call, arguments[0]);
        return layer.Activation is null ? value : Record(layer.Activation, layer.Attribute, call, value);
    }

    private SymValue CallOperation(IMethodSymbol method, object?[] arguments, IInvocationOperation call)
    {
        if (method.Name == "Concat") return arguments is [SequenceValue { Items.Length: > 0 } values] ? Record(new ConcatSpec("concat"), null, call, values.Items) : throw Reject(call);
        LayerSpec operation = method.Name switch
        {
            "Flatten" => new FlattenSpec("flatten"),
            "GlobalAveragePool" => new GlobalPool2DSpec("global_average_pool", PoolKind.Average),
            "GlobalMaxPool" => new GlobalPool2DSpec("global_max_pool", PoolKind.Max),
            "Upsample" => new UpsampleSpec("upsample", Factor(1), Factor(arguments.Length - 1)),
            "LeakyRelu" => Operations.Of(ActivationKind.LeakyRelu, Slope())!,
            _ when Enum.TryParse(method.Name, out ActivationKind kind) => Operations.Of(kind, 0) ?? throw Reject(call),
            _ => throw Reject(call),
        };
        return Record(operation, null, call, arguments[0]);

        // What running Forward would throw at is refused here.
        int Factor(int argument) => arguments[argument] is int factor and >= 1 and <= Limits.Window
            ? factor : throw Reject(ArgumentAt(call, argument), $"a factor that is not a constant of 1 to {Literals.Of(Limits.Window)}");
        double Slope() => arguments[1] is double slope && !double.IsNaN(slope) && !double.IsInfinity(slope)
            ? slope : throw Reject(ArgumentAt(call, 1), "a slope that is not a constant, finite number");
    }

    private SymValue CallOperator(IMethodSymbol method, BinaryOperatorKind kind, object? left, object? right, IOperation at)
    {
        LayerSpec? spec = !Names.IsSym(method.ContainingType) ? null : kind switch
        {
            BinaryOperatorKind.Add => new AddSpec("add"),
            BinaryOperatorKind.Multiply => new MultiplySpec("multiply"),
            _ => null,
        };
        return Record(spec ?? throw Reject(at), null, at, left, right);
    }

    private SymValue Record(LayerSpec layer, AttributeArguments? attribute, IOperation at, params object?[] inputs)
    {
        Location location = at.Syntax.GetLocation();
        if (calls.Count == MaxCalls) throw TooLong(location, $"it calls more than {Literals.Of(MaxCalls)} layers and operations");
        var sources = new int[inputs.Length];
        for (int i = 0; i < sources.Length; i++) sources[i] = inputs[i] is SymValue value ? value.Call : throw Reject(at, "null as an input");
        return calls.Add(layer, new CallSite(attribute, location), sources);
    }

    private static IOperation ArgumentAt(IInvocationOperation call, int parameter) =>
        call.Arguments.FirstOrDefault(argument => argument.Parameter!.Ordinal == parameter)?.Value ?? call;
}
