using Convoke.Kernels.Types;

namespace Convoke.Kernels.Models;

/// <summary>What the user said, before anything is inferred: the one value that travels from the front ends into the compiler.</summary>
/// <remarks>Both front ends (attributes in order, and <c>Forward</c>) yield the same form, a list of calls in topological order.</remarks>
/// <param name="Namespace">Namespace of the model class, null for the global one.</param>
/// <param name="Name">Name of the model class.</param>
/// <param name="Accessibility">"public" or "internal", as the class declares it.</param>
/// <param name="Input">One sample of the input; of several the first.</param>
/// <param name="Preset">Whose conventions hold for names, initialisation and optimizer constants.</param>
/// <param name="Calls">Layer calls; call i may read the model's inputs and the results of calls before it.</param>
/// <param name="Losses">One for each output that training makes something of, in the order of the outputs; none for a model that only predicts.</param>
/// <param name="Optimizer">Null for a model that only predicts.</param>
/// <param name="Accuracy">Whether accuracy is measured while training and evaluating.</param>
public sealed record ModelSpec(
    string? Namespace,
    string Name,
    string Accessibility,
    InputSpec Input,
    Preset Preset,
    EquatableArray<CallSpec> Calls,
    EquatableArray<LossSpec> Losses,
    OptimizerSpec? Optimizer,
    bool Accuracy)
{
    /// <summary>The class name with its namespace: the stem of generated file names.</summary>
    public string FullName => Namespace is null ? Name : Namespace + "." + Name;

    /// <summary>The inputs behind the first, in the order of <c>Forward</c>'s parameters; none in most models.</summary>
    public EquatableArray<InputSpec> FurtherInputs { get; init; } = [];

    /// <summary>All inputs, in order.</summary>
    public EquatableArray<InputSpec> Inputs => [Input, .. FurtherInputs];

    /// <summary>Values of all inputs of a sample.</summary>
    public int SampleCount => Inputs.Sum(static input => input.Count);

    /// <summary>What the model yields, in order; empty where it is the result of the last call, as in a chain of attributes.</summary>
    public EquatableArray<OutputSpec> Outputs { get; init; } = [];

    /// <summary>What the products of convolutions and dense layers are made of on a GPU; the processor's are always f32.</summary>
    public Precision Precision { get; init; }

    /// <summary>Likewise, never empty: a model whose only output has no name yields the result of its last call (<see cref="CallSpec.ModelInput"/> where nothing is called).</summary>
    public EquatableArray<OutputSpec> Results => Outputs.Count > 0 ? Outputs : [new(null, Calls.Count - 1)];

    /// <summary>The loss of an output, or null.</summary>
    public LossSpec? LossOf(int output) => Losses.FirstOrDefault(l => l.Output == output);

    /// <summary>The output whose right answers are counted: the first one with a cross-entropy, or null.</summary>
    public int? CountedOutput => Losses.FirstOrDefault(static l => l.Kind.TellsClasses())?.Output;
}

/// <summary>One input sample: extents in pixels and channels, and the order in which the user's memory holds them, which all inputs of a model share.</summary>
public sealed record InputSpec(int Height, int Width, int Channels, ImageLayout Layout)
{
    /// <summary>As the parameter of <c>Forward</c> is called; null where there is one input.</summary>
    public string? Name { get; init; }

    /// <summary>Whether a sample is a row of <see cref="Channels"/> values rather than an image.</summary>
    public bool IsFlat { get; init; }

    /// <summary>Shape of a sample.</summary>
    public Shape Shape => IsFlat ? Shape.Flat(Channels) : Shape.Image(Height, Width, Channels);

    /// <summary>Elements of one sample.</summary>
    public int Count => Height * Width * Channels;
}

/// <summary>Where an input lies in a sample: all inputs of a sample stand one behind the other, in their order, so that no place depends on how many samples there are.</summary>
/// <param name="Index">Which input it is.</param>
/// <param name="Offset">Its first value in a sample.</param>
/// <param name="Sample">Values of a sample, of all inputs.</param>
public sealed record InputPlace(int Index, int Offset, int Sample)
{
    /// <summary>Whether it is the only input, which is the sample.</summary>
    public bool IsOnly(int count) => count == Sample;

    /// <summary>The places of a model's inputs.</summary>
    public static IReadOnlyList<InputPlace> Of(ModelSpec spec)
    {
        int[] counts = [.. spec.Inputs.Select(static input => input.Count)];
        return [.. counts.Select((_, i) => new InputPlace(i, counts.Take(i).Sum(), counts.Sum()))];
    }
}

/// <summary>One call of a layer: the layer, and what it reads: calls, whose results it takes, or inputs of the model (<see cref="InputAt"/>).</summary>
public sealed record CallSpec(LayerSpec Layer, EquatableArray<int> Inputs)
{
    /// <summary>The model's first input; in a value of the graph, that it belongs to no call.</summary>
    public const int ModelInput = -1;

    /// <summary>An input of the model, as calls name it.</summary>
    public static int InputAt(int index) => ModelInput - index;

    /// <summary>Whether it is an input of the model rather than a call.</summary>
    public static bool IsInput(int source) => source < 0;

    /// <summary>Which input it is.</summary>
    public static int InputIndex(int source) => ModelInput - source;
}

/// <summary>One result of a model: its name, null where the user gave none, and the call that yields it.</summary>
public sealed record OutputSpec(string? Name, int Call);

/// <summary>Order of an image's axes in the memory of the user: NHWC or NCHW. Inside, everything is NHWC.</summary>
public enum ImageLayout
{
    ChannelsLast,
    ChannelsFirst,
}

/// <summary>Whose defaults hold: parameter names and axis order, initialisation, optimizer constants (docs/architecture.md, "Presets").</summary>
public enum Preset
{
    Keras,
    PyTorch,
}

/// <summary>What products are made of on a GPU; sums, values in memory and weights are f32 in all.</summary>
public enum Precision
{
    /// <summary>f32, fused multiply-adds.</summary>
#pragma warning disable CA1720 // the field's name for it
    Float32,
#pragma warning restore CA1720

    /// <summary>Operands rounded to TF32 (ten bits of mantissa), on tensor cores.</summary>
    TF32,

    /// <summary>Operands rounded to BF16 (seven bits of mantissa), on tensor cores.</summary>
    BFloat16,

    /// <summary>Operands split in two TF32 numbers, three products on tensor cores: f32 up to rounding.</summary>
    Float32x3,

    /// <summary>Operands rounded to F16 (ten bits of mantissa, five of exponent), gradients scaled, on tensor cores of 7.5 and newer.</summary>
    Float16,
}

public enum ActivationKind
{
    None,
    Relu,
    Softmax,

    /// <summary>x where x &gt; 0, else slope * x.</summary>
    LeakyRelu,

    /// <summary>x Phi(x), Phi the normal distribution (Hendrycks and Gimpel 2016), exact rather than by tanh.</summary>
    Gelu,

    /// <summary>x / (1 + exp(-x)) (Elfwing et al. 2018), also called swish.</summary>
    Silu,

    /// <summary>1 / (1 + exp(-x)).</summary>
    Sigmoid,
    Tanh,

    /// <summary>x - log sum exp x, along the last axis.</summary>
    LogSoftmax,
}

/// <summary>What training makes small of one output. The total is the sum over all losses of <paramref name="Weight"/> times the loss.</summary>
/// <param name="Kind">The loss.</param>
/// <param name="Output">Index of the output.</param>
/// <param name="Weight">What it counts for in the total; greater than 0.</param>
/// <param name="Beta">Of <see cref="LossKind.SmoothL1"/>, the distance at which it turns from a parabola into a line; greater than 0.</param>
public sealed record LossSpec(LossKind Kind, int Output = 0, double Weight = 1, double Beta = 1);

public enum LossKind
{
    /// <summary>Cross-entropy of one-hot (or soft) target rows; the model ends in a softmax.</summary>
    CategoricalCrossentropy,

    /// <summary>Cross-entropy of class indices; the model ends in a softmax.</summary>
    SparseCategoricalCrossentropy,

    /// <summary>Cross-entropy of class indices on logits; the model ends without activation.</summary>
    CrossEntropy,

    /// <summary>Mean over the output's elements of (y - t)^2.</summary>
    MeanSquaredError,

    /// <summary>Mean over the output's elements of d^2 / (2 Beta) where d = |y - t| &lt; Beta, else d - Beta / 2 (Girshick 2015, equation 3; Huber 1964).</summary>
    SmoothL1,
}

/// <summary>What the kinds of losses have in common.</summary>
public static class LossKinds
{
    /// <summary>Whether the output stands for classes, and the loss is a cross-entropy.</summary>
    public static bool TellsClasses(this LossKind kind) => kind is LossKind.CategoricalCrossentropy or LossKind.SparseCategoricalCrossentropy or LossKind.CrossEntropy;

    /// <summary>Whether targets are floats, one for each element of the output; otherwise they are class indices.</summary>
    public static bool TakesRows(this LossKind kind) => kind is not (LossKind.SparseCategoricalCrossentropy or LossKind.CrossEntropy);
}
