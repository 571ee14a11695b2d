using System.Globalization;
using System.Text;
using Convoke.Kernels.Graphs;
using Convoke.Kernels.Models;
using Convoke.Kernels.Types;

namespace Convoke.Kernels;

/// <summary>What a model is and costs, known without running it: a row per layer, and a table of them.</summary>
public static class ModelSummary
{
    /// <summary>One row per call; costs are those of the definition, per sample, before anything is cut or fused.</summary>
    public static EquatableArray<LayerInfo> Layers(ModelSpec spec, Graph forward)
    {
        var rows = new LayerInfo[spec.Calls.Count];
        var shapes = new Shape[rows.Length];
        for (int call = 0; call < rows.Length; call++)
        {
            Value[] own = [.. forward.Values.Where(v => v.Call == call)];

            // Flattening what is flat, and pooling single pixels, leave no value behind.
            int source = spec.Calls[call].Inputs[0];
            Shape before = CallSpec.IsInput(source) ? spec.Inputs[CallSpec.InputIndex(source)].Shape : shapes[source];
            Shape shape = own.LastOrDefault(static v => v.Op is not Op.Parameter)?.Shape ?? before;
            shapes[call] = shape;
            int parameters = own.Where(static v => v.Op is Op.Parameter).Sum(static v => v.Shape.Count);
            long macs = own.Sum(v => v.Op switch
            {
                Op.Conv2D => (long)v.Shape.Count * forward[v.Inputs[1]].Shape.Count / v.Shape[2],
                Op.Dense => forward[v.Inputs[1]].Shape.Count,
                _ => 0L,
            });
            string kind = spec.Calls[call].Layer.GetType().Name.Replace("Spec", "");
            rows[call] = new(spec.Calls[call].Layer.Name, kind, UserShape(spec, shape), parameters, macs, 4L * shape.Count);
        }

        return new(rows);
    }

    /// <summary>The table that <c>Summary</c> and the hover text show.</summary>
    public static string Print(ModelSpec spec, EquatableArray<LayerInfo> layers)
    {
        var text = new StringBuilder();
        string[][] rows =
        [
            ["Layer (type)", "Output shape", "Param #", "MACs", "Activation"],
            .. spec.Inputs.Select(input => new[] { spec.FurtherInputs.Count == 0 ? "input" : $"{input.Name} (input)", $"(N, {UserShape(spec, input.Shape)})", "0", "0", Bytes(4L * input.Count) }),
            .. layers.Select(static l => new[] { $"{l.Name} ({l.Kind})", $"(N, {l.OutputShape})", Number(l.ParameterCount), Number(l.Macs), Bytes(l.ActivationBytes) }),
        ];
        int[] widths = [.. Enumerable.Range(0, 5).Select(c => rows.Max(r => r[c].Length))];
        string rule = new('-', widths.Sum() + 8);
        text.Append("Model: ").Append(spec.Name).Append('\n').Append(rule).Append('\n');
        for (int row = 0; row < rows.Length; row++)
        {
            for (int c = 0; c < 5; c++)
                text.Append(c < 2 ? rows[row][c].PadRight(widths[c]) : rows[row][c].PadLeft(widths[c])).Append(c < 4 ? "  " : "\n");
            if (row == 0) text.Append(rule).Append('\n');
        }

        int parameters = layers.Sum(static l => l.ParameterCount);
        text.Append(rule).Append('\n');
        text.Append($"Parameters: {Number(parameters)} ({Bytes(4L * parameters)})\n");
        text.Append($"Forward, one sample: {Number(layers.Sum(static l => l.Macs))} MACs, {Bytes(layers.Sum(static l => l.ActivationBytes))} of activations\n");
        if (spec.Outputs.Count > 1) text.Append($"Outputs: {string.Join("; ", spec.Outputs.Select(o => $"{o.Name} ({layers[o.Call].OutputShape})"))}\n");
        text.Append($"Loss: {(spec.Losses.Count == 0 ? "none, predicts only" : string.Join(" + ", spec.Losses.Select(l => Describe(spec, l))))}; optimizer: {Describe(spec.Optimizer)}\n");
        return text.ToString().Replace(" \n", "\n");
    }

    private static string Describe(ModelSpec spec, LossSpec loss) =>
        (loss.Weight == 1 ? "" : FormattableString.Invariant($"{loss.Weight} ")) + loss.Kind
        + (loss.Kind == LossKind.SmoothL1 && loss.Beta != 1 ? FormattableString.Invariant($" (beta {loss.Beta})") : "") + (spec.Outputs.Count > 1 ? " of " + spec.Outputs[loss.Output].Name : "");

    private static string Describe(OptimizerSpec? optimizer) => optimizer switch
    {
        AdamSpec a => FormattableString.Invariant($"Adam{(a.WeightDecay > 0 ? "W" : "")} (rate {a.LearningRate}, betas {a.Beta1} and {a.Beta2}, epsilon {a.Epsilon:0.###e-0}")
            + (a.WeightDecay > 0 ? FormattableString.Invariant($", weight decay {a.WeightDecay})") : ")"),
        SgdSpec s => FormattableString.Invariant($"SGD (rate {s.LearningRate}") + (s.Momentum > 0 ? FormattableString.Invariant($", {(s.Nesterov ? "Nesterov " : "")}momentum {s.Momentum})") : ")"),
        _ => "none",
    };

    private static string UserShape(ModelSpec spec, Shape shape)
    {
        int[] extents = shape.IsImage && spec.Input.Layout == ImageLayout.ChannelsFirst ? [shape[2], shape[0], shape[1]] : [.. shape.Extents];
        return string.Join(", ", extents.Select(static e => e.ToString(CultureInfo.InvariantCulture)));
    }

    private static string Number(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    private static string Bytes(long bytes) => bytes < 1024 ? Number(bytes) + " B"
        : bytes < 1024 * 1024 ? (bytes / 1024.0).ToString("0.0", CultureInfo.InvariantCulture) + " KiB"
        : (bytes / 1048576.0).ToString("0.0", CultureInfo.InvariantCulture) + " MiB";
}
