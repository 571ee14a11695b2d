using Convoke.Kernels.Types;

namespace Convoke.Kernels.Models;

/// <summary>What an output may end in: without a loss, or with one by elements, in anything but for a softmax in the latter case; with a cross-entropy in logits of several classes, of the sample or of each pixel.</summary>
internal static class EndChecker
{
    public static void Check(ModelSpec spec, LossSpec loss, CheckedValues values, List<SpecProblem> problems)
    {
        int end = spec.Results[loss.Output].Call;
        if (CallSpec.IsInput(end) || !values.AreKnown([end])) return;
        if (!loss.Kind.TellsClasses())
        {
            if (ActivationOf(spec.Calls[end].Layer) is ActivationKind.Softmax or ActivationKind.LogSoftmax)
                problems.Add(new("CVK0201", end, "Activation", [values.TitleOf(end), $"a softmax before {loss.Kind}"]));
            else if (!Learns(spec, end))
                problems.Add(new("CVK0201", end, null, [values.TitleOf(end), "a loss on what no layer with weights leads to"]));
            return;
        }

        // A softmax that is called on the last layer ends the model as one that the layer was given.
        int logits = spec.Calls[end].Layer is SoftmaxSpec or ActivationSpec { Kind: ActivationKind.LogSoftmax } ? spec.Calls[end].Inputs[0] : end;
        if (CallSpec.IsInput(logits))
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

        if (!Learns(spec, logits))
        {
            problems.Add(new("CVK0201", logits, null, [values.TitleOf(logits), "a loss on what no layer with weights leads to"]));
            return;
        }

        Shape shape = values.ShapeOf(end);
        int classes = shape[shape.Rank - 1];
        if (classes > 1) return;
        (string what, string? argument) = layer switch { DenseSpec => ("unit", "units"), Conv2DSpec => ("filter", "filters"), _ => ("channel", (string?)null) };
        problems.Add(new("CVK0106", logits, argument, [$"{layer.Name} has {CheckedValues.Number(classes)} {what}, but {loss.Kind} needs at least 2 classes"]));
    }

    /// <summary>Whether a layer with weights stands before a call, or is it.</summary>
    private static bool Learns(ModelSpec spec, int end)
    {
        var learns = new bool[end + 1];
        for (int call = 0; call <= end; call++)
            learns[call] = spec.Calls[call].Layer is Conv2DSpec or DenseSpec or BatchNormSpec || spec.Calls[call].Inputs.Any(input => !CallSpec.IsInput(input) && learns[input]);
        return learns[end];
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
