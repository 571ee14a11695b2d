using Convoke.Kernels.Types;

namespace Convoke.Kernels.Models;

/// <summary>What a model may end in: without a loss in anything, with one in logits of several classes, of the sample or of each pixel.</summary>
internal static class EndChecker
{
    public static void Check(ModelSpec spec, CheckedValues values, List<SpecProblem> problems)
    {
        int end = spec.OutputCall;
        if (end == CallSpec.ModelInput || spec.Loss is not { } loss || !values.AreKnown([end])) return;

        // A softmax that is called on the last layer ends the model as one that the layer was given.
        int logits = spec.Calls[end].Layer is SoftmaxSpec or ActivationSpec { Kind: ActivationKind.LogSoftmax } ? spec.Calls[end].Inputs[0] : end;
        if (logits == CallSpec.ModelInput)
        {
            problems.Add(new("CVK0201", end, null, [values.NameOf(end), "a loss on the model's input"]));
            return;
        }

        // An activation may stand on a layer of its own, or be called.
        LayerSpec layer = spec.Calls[logits].Layer;
        if (Named(ActivationOf(layer)) is { } activation)
        {
            problems.Add(new("CVK0201", logits, "Activation", [values.TitleOf(logits), activation + " before the loss"]));
            return;
        }
        if (values.ShapeOf(logits).IsFlat && layer is not DenseSpec)
        {
            problems.Add(new("CVK0201", logits, null, [values.TitleOf(logits), "a loss on a flat value that no Dense layer yields"]));
            return;
        }

        Shape shape = values.ShapeOf(end);
        int classes = shape[shape.Rank - 1];
        if (classes > 1) return;
        (string what, string? argument) = layer switch { DenseSpec => ("unit", "units"), Conv2DSpec => ("filter", "filters"), _ => ("channel", (string?)null) };
        problems.Add(new("CVK0106", logits, argument, [$"{layer.Name} has {CheckedValues.Number(classes)} {what}, but {loss} needs at least 2 classes"]));
    }

    /// <summary>The activation that a layer ends in, or is.</summary>
    public static ActivationKind ActivationOf(LayerSpec layer) => layer switch
    {
        Conv2DSpec conv => conv.Activation,
        DenseSpec dense => dense.Activation,
        ReluSpec => ActivationKind.Relu,
        SoftmaxSpec => ActivationKind.Softmax,
        ActivationSpec activation => activation.Kind,
        _ => ActivationKind.None,
    };

    /// <summary>An activation that logits must not have gone through, as messages call it.</summary>
    private static string? Named(ActivationKind activation) => activation switch
    {
        ActivationKind.None or ActivationKind.Softmax or ActivationKind.LogSoftmax => null,
        ActivationKind.Relu => "a ReLU",
        ActivationKind.LeakyRelu => "a leaky ReLU",
        ActivationKind.Gelu => "a GELU",
        ActivationKind.Silu => "a SiLU",
        ActivationKind.Sigmoid => "a sigmoid",
        ActivationKind.Tanh => "a tanh",
        _ => throw new ArgumentOutOfRangeException(nameof(activation), activation, null),
    };
}
