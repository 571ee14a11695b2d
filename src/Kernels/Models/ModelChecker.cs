using System.Globalization;
using Convoke.Kernels.Types;

namespace Convoke.Kernels.Models;

/// <summary>Walks a model's shapes the way the user reads them and names what does not fit; the ids are explained in docs/diagnostics.</summary>
public static class ModelChecker
{
    /// <summary>Largest value or parameter, in elements: keeps every offset of a batch within what kernels address.</summary>
    public const int MaxElements = 1 << 26;

    /// <summary>All faults, in call order. A call whose input is faulty is not judged.</summary>
    public static EquatableArray<SpecProblem> Check(ModelSpec spec)
    {
        var problems = new List<SpecProblem>();
        Shape? input = Shape.Image(spec.Input.Height, spec.Input.Width, spec.Input.Channels);
        if ((long)spec.Input.Height * spec.Input.Width * spec.Input.Channels > MaxElements)
        {
            problems.Add(new("CVK0301", CallSpec.ModelInput, null, ["the input", Elements((long)spec.Input.Height * spec.Input.Width * spec.Input.Channels), Elements(MaxElements)]));
            input = null;
        }

        bool[] live = LiveCalls.Of(spec);
        var shapes = new Shape?[spec.Calls.Count];
        for (int call = 0; call < shapes.Length; call++)
        {
            if (!live[call]) problems.Add(new("CVK0012", call, null, [spec.Calls[call].Layer.Name]));
            if (WhyNotYet(spec, call, live) is { } reason)
            {
                // What is left out needs no kernels.
                if (live[call]) problems.Add(new("CVK0201", call, null, [TitleOf(spec.Calls[call].Layer), reason]));
                continue;
            }

            int source = spec.Calls[call].Inputs[0];
            Shape? x = source == CallSpec.ModelInput ? input : shapes[source];
            if (x is not null) shapes[call] = CheckCall(spec, call, x, NameOf(spec, source), shapes, problems);
        }

        if (spec.Outputs.Count > 1) problems.Add(new("CVK0201", spec.Outputs[1].Call, null, [spec.Name, "a model with several outputs"]));
        else CheckEnd(spec, shapes, problems);
        return new([.. problems]);
    }

    /// <summary>What cannot be compiled whatever comes in, or null.</summary>
    private static string? WhyNotYet(ModelSpec spec, int call, bool[] live)
    {
        LayerSpec layer = spec.Calls[call].Layer;
        switch (layer)
        {
            case AddSpec: return "adding two values";
            case MultiplySpec: return "multiplying two values";
            case ConcatSpec: return "joining values";
            case DropoutSpec: return "dropout";
            case Conv2DSpec or DenseSpec:
                for (int earlier = 0; earlier < call; earlier++)
                    if (live[earlier] && spec.Calls[earlier].Layer == layer) return "a layer with weights that is called twice";
                return null;
            case ReluSpec:
                return FollowsLinear(spec, call) ? null : "a ReLU anywhere but right after a Conv2D or Dense layer without activation";
            case SoftmaxSpec:
                bool ends = call == spec.OutputCall && FollowsLinear(spec, call) && spec.Calls[spec.Calls[call].Inputs[0]].Layer is DenseSpec;
                return ends ? null : "a softmax anywhere but on the Dense layer that ends the model";
            default:
                return null;
        }
    }

    private static bool FollowsLinear(ModelSpec spec, int call)
    {
        int source = spec.Calls[call].Inputs[0];
        return source != CallSpec.ModelInput && spec.Calls[source].Layer is Conv2DSpec or DenseSpec && ActivationOf(spec.Calls[source].Layer) == ActivationKind.None;
    }

    /// <summary>A layer by its name, an operator as it is written.</summary>
    private static string TitleOf(LayerSpec layer) => layer switch
    {
        AddSpec => "+",
        MultiplySpec => "*",
        _ => layer.Name,
    };

    private static string NameOf(ModelSpec spec, int call) => call == CallSpec.ModelInput ? "the input" : spec.Calls[call].Layer.Name;

    private static Shape? CheckCall(ModelSpec spec, int call, Shape x, string after, Shape?[] shapes, List<SpecProblem> problems)
    {
        LayerSpec layer = spec.Calls[call].Layer;
        Shape? Fault(string id, string? argument, params string[] arguments)
        {
            problems.Add(new(id, call, argument, new(arguments)));
            return null;
        }

        Shape? Sized(long elements, long weights, Func<Shape> shape) => Math.Max(elements, weights) > MaxElements
            ? Fault("CVK0301", null, layer.Name, Elements(Math.Max(elements, weights)), Elements(MaxElements))
            : shape();

        if (ActivationOf(layer) == ActivationKind.Softmax && !(call == spec.OutputCall && layer is DenseSpec))
            return Fault("CVK0201", "Activation", layer.Name, "a softmax anywhere but on the Dense layer that ends the model");

        switch (layer)
        {
            case Conv2DSpec when !x.IsImage:
                return Fault("CVK0104", null, layer.Name, x.Text, after);
            case Conv2DSpec conv when x[0] < conv.KernelHeight || x[1] < conv.KernelWidth:
                return Fault("CVK0101", "kernel", layer.Name, Pair(conv.KernelHeight, conv.KernelWidth), UserShape(spec, x), after);
            case Conv2DSpec conv:
                int p = x[0] - conv.KernelHeight + 1, q = x[1] - conv.KernelWidth + 1;
                return Sized((long)p * q * conv.Filters, (long)conv.KernelHeight * conv.KernelWidth * x[2] * conv.Filters, () => Shape.Image(p, q, conv.Filters));
            case MaxPool2DSpec when !x.IsImage:
                return Fault("CVK0104", null, layer.Name, x.Text, after);
            case MaxPool2DSpec pool when x[0] < pool.PoolHeight || x[1] < pool.PoolWidth:
                return Fault("CVK0101", "size", layer.Name, Pair(pool.PoolHeight, pool.PoolWidth), UserShape(spec, x), after);
            case MaxPool2DSpec pool when pool.PoolHeight * pool.PoolWidth > 255:
                return Fault("CVK0201", "size", layer.Name, "a pooling window of more than 255 elements");
            case MaxPool2DSpec pool:
                int rows = x[0] % pool.PoolHeight, columns = x[1] % pool.PoolWidth;
                if (rows > 0 || columns > 0) Fault("CVK0105", "size", layer.Name, Dropped(rows, columns), UserShape(spec, x), after);
                return Shape.Image(x[0] / pool.PoolHeight, x[1] / pool.PoolWidth, x[2]);
            case FlattenSpec:
                return Shape.Flat(x.Count);
            case DenseSpec when !x.IsFlat:
                return Fault("CVK0103", null, layer.Name, UserShape(spec, x), after);
            case DenseSpec { In: { } expected } when expected != x.Count:
                (string received, string origin) = Unflattened(spec, call, x, shapes);
                return Fault("CVK0102", "In", layer.Name, Text(expected), received, Text(x.Count), origin);
            case DenseSpec dense:
                return Sized(dense.Units, (long)x.Count * dense.Units, () => Shape.Flat(dense.Units));
            case ReluSpec or SoftmaxSpec:
                return x;
            default:
                return Fault("CVK0201", null, layer.Name, $"a layer of kind {layer.GetType().Name}");
        }
    }

    private static void CheckEnd(ModelSpec spec, Shape?[] shapes, List<SpecProblem> problems)
    {
        int call = spec.OutputCall;
        if (call == CallSpec.ModelInput || shapes[call] is not { } end) return;

        // An activation that is called on the last layer ends the model as one that the layer was given.
        LayerSpec last = spec.Calls[call].Layer;
        int dense = last is ReluSpec or SoftmaxSpec ? spec.Calls[call].Inputs[0] : call;
        bool relu = last is ReluSpec || ActivationOf(last) == ActivationKind.Relu;
        if (spec.Calls[dense].Layer is not DenseSpec head) problems.Add(new("CVK0201", call, null, [last.Name, "a model that ends in anything but a Dense layer"]));
        else if (spec.Loss is not null && end.Count < 2) problems.Add(new("CVK0106", dense, "units", [$"{head.Name} has {Text(end.Count)} unit, but {spec.Loss} needs at least 2 classes"]));
        else if (relu && spec.Loss is not null) problems.Add(new("CVK0201", call, "Activation", [last.Name, "a ReLU before the loss"]));
    }

    private static ActivationKind ActivationOf(LayerSpec layer) => layer switch
    {
        Conv2DSpec conv => conv.Activation,
        DenseSpec dense => dense.Activation,
        _ => ActivationKind.None,
    };

    /// <summary>A flat input as the image that was flattened, "64x6x6", and what yielded it; else its count.</summary>
    private static (string Text, string After) Unflattened(ModelSpec spec, int call, Shape flat, Shape?[] shapes)
    {
        int source = spec.Calls[call].Inputs[0];
        if (source == CallSpec.ModelInput || spec.Calls[source].Layer is not FlattenSpec) return (Text(flat.Count), NameOf(spec, source));
        int before = spec.Calls[source].Inputs[0];
        Shape image = before == CallSpec.ModelInput ? Shape.Image(spec.Input.Height, spec.Input.Width, spec.Input.Channels) : shapes[before]!;
        return (image.IsImage ? UserShape(spec, image) : Text(flat.Count), NameOf(spec, before));
    }

    /// <summary>An image's extents in the order in which the user's layout has them.</summary>
    private static string UserShape(ModelSpec spec, Shape x) =>
        !x.IsImage || spec.Input.Layout == ImageLayout.ChannelsLast ? x.Text : $"{Text(x[2])}x{Text(x[0])}x{Text(x[1])}";

    private static string Dropped(int rows, int columns)
    {
        string r = rows == 0 ? "" : rows == 1 ? "the last row" : $"the last {Text(rows)} rows";
        string c = columns == 0 ? "" : columns == 1 ? "the last column" : $"the last {Text(columns)} columns";
        return r.Length > 0 && c.Length > 0 ? r + " and " + c : r + c;
    }

    private static string Pair(int height, int width) => $"{Text(height)}x{Text(width)}";

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Elements(long count) => count.ToString(CultureInfo.InvariantCulture) + " elements";
}
