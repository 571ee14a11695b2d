using System.Globalization;
using Convoke.Kernels.Types;

namespace Convoke.Kernels.Models;

/// <summary>The values of a model as far as its check has come, and how messages name them.</summary>
internal sealed class CheckedValues(ModelSpec spec)
{
    private readonly Shape?[] _shapes = new Shape?[spec.Calls.Count];
    private readonly Shape?[] _images = new Shape?[spec.Calls.Count];

    private readonly EquatableArray<InputSpec> _inputs = spec.Inputs;

    /// <summary>Elements of an input of the model.</summary>
    public long InputElements(int index) => (long)_inputs[index].Height * _inputs[index].Width * _inputs[index].Channels;

    /// <summary>Whether all of these were found to be in order.</summary>
    public bool AreKnown(EquatableArray<int> calls) =>
        calls.All(call => CallSpec.IsInput(call) ? InputElements(CallSpec.InputIndex(call)) <= ModelChecker.MaxElements : _shapes[call] is not null);

    /// <summary>The shape of a value that is known.</summary>
    public Shape ShapeOf(int call) =>
        CallSpec.IsInput(call) ? _inputs[CallSpec.InputIndex(call)].Shape : _shapes[call]!;

    /// <summary>The image of several pixels that a flat value still is in memory, since flattening moves nothing; null for any other value.</summary>
    public Shape? FlattenedImageOf(int call) => CallSpec.IsInput(call) ? null : _images[call];

    public void Set(int call, Shape shape, Shape? flattenedImage) => (_shapes[call], _images[call]) = (shape, flattenedImage);

    public string NameOf(int call) => !CallSpec.IsInput(call) ? spec.Calls[call].Layer.Name : NameOfInput(CallSpec.InputIndex(call));

    public string NameOfInput(int index) => _inputs[index].Name is { } name && _inputs.Count > 1 ? "the input " + name : "the input";

    /// <summary>A layer by its name, an operator as it is written.</summary>
    public string TitleOf(int call) => spec.Calls[call].Layer switch
    {
        AddSpec => "+",
        MultiplySpec => "*",
        _ => NameOf(call),
    };

    /// <summary>A shape with an image's extents in the order in which the user's layout has them.</summary>
    public string Text(Shape x) =>
        !x.IsImage || spec.Input.Layout == ImageLayout.ChannelsLast ? x.Text : $"{Number(x[2])}x{Number(x[0])}x{Number(x[1])}";

    /// <summary>What a flat value holds: the image that was flattened, "64x6x6", and what yielded it; else its count.</summary>
    public (string Text, string After) Unflattened(int call)
    {
        string count = Number(ShapeOf(call).Count);
        if (CallSpec.IsInput(call) || spec.Calls[call].Layer is not FlattenSpec) return (count, NameOf(call));
        int before = spec.Calls[call].Inputs[0];
        return (ShapeOf(before) is { IsImage: true } image ? Text(image) : count, NameOf(before));
    }

    /// <summary>A value with the call that yields it: "64x6x6 (after pool)".</summary>
    public string WithOrigin(int call) => $"{Text(ShapeOf(call))}{(ShapeOf(call).IsImage ? "" : " features")} (after {NameOf(call)})";

    public static string Pair(int height, int width) => $"{Number(height)}x{Number(width)}";

    public static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);

    public static string Elements(long count) => count.ToString(CultureInfo.InvariantCulture) + " elements";
}
