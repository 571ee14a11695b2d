using Convoke.Kernels.Types;

namespace Convoke.Kernels.Models;

/// <summary>What the user said, before anything is inferred: the one value that travels from the front ends into the compiler.</summary>
/// <remarks>Both front ends (attributes in order, and <c>Forward</c>) yield the same form, a list of calls in topological order.</remarks>
/// <param name="Namespace">Namespace of the model class, null for the global one.</param>
/// <param name="Name">Name of the model class.</param>
/// <param name="Accessibility">"public" or "internal", as the class declares it.</param>
/// <param name="Input">One sample of the input.</param>
/// <param name="Preset">Whose conventions hold for names, initialisation and optimizer constants.</param>
/// <param name="Calls">Layer calls; call i may read the model's input and the results of calls before it.</param>
/// <param name="Loss">Null for a model that only predicts.</param>
/// <param name="Optimizer">Null for a model that only predicts.</param>
/// <param name="Accuracy">Whether accuracy is measured while training and evaluating.</param>
public sealed record ModelSpec(
    string? Namespace,
    string Name,
    string Accessibility,
    InputSpec Input,
    Preset Preset,
    EquatableArray<CallSpec> Calls,
    LossKind? Loss,
    OptimizerSpec? Optimizer,
    bool Accuracy)
{
    /// <summary>The class name with its namespace: the stem of generated file names.</summary>
    public string FullName => Namespace is null ? Name : Namespace + "." + Name;

    /// <summary>What the model yields, in order; empty where it is the result of the last call, as in a chain of attributes.</summary>
    public EquatableArray<OutputSpec> Outputs { get; init; } = [];

    /// <summary>The call whose result is the model's first output; <see cref="CallSpec.ModelInput"/> where nothing is called.</summary>
    public int OutputCall => Outputs.Count > 0 ? Outputs[0].Call : Calls.Count - 1;
}

/// <summary>One input sample: extents in pixels and channels, and the order in which the user's memory holds them.</summary>
public sealed record InputSpec(int Height, int Width, int Channels, ImageLayout Layout)
{
    /// <summary>Elements of one sample.</summary>
    public int Count => Height * Width * Channels;
}

/// <summary>One call of a layer: the layer, and the calls whose results it reads (<see cref="ModelInput"/> is the model's input).</summary>
public sealed record CallSpec(LayerSpec Layer, EquatableArray<int> Inputs)
{
    public const int ModelInput = -1;
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

public enum LossKind
{
    /// <summary>Cross-entropy of one-hot (or soft) target rows; the model ends in a softmax.</summary>
    CategoricalCrossentropy,

    /// <summary>Cross-entropy of class indices; the model ends in a softmax.</summary>
    SparseCategoricalCrossentropy,

    /// <summary>Cross-entropy of class indices on logits; the model ends without activation.</summary>
    CrossEntropy,
}
