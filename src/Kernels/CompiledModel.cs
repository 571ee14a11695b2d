using Convoke.Kernels.Models;
using Convoke.Kernels.Types;

namespace Convoke.Kernels;

/// <summary>Everything the compiler found out about a model: data for the run time, and text for the assembly.</summary>
/// <param name="Spec">What it was compiled from.</param>
/// <param name="Summary">A Keras-style table: layers, output shapes, parameters, MACs, activation bytes, totals; plain text, '\n' line ends.</param>
/// <param name="Layers">One row per call.</param>
/// <param name="Parameters">Trained tensors in layer order.</param>
/// <param name="Memory">The static memory plan.</param>
/// <param name="Outputs">What it yields, in the order of what <c>Forward</c> returns.</param>
/// <param name="Cpu">The CPU program, once per vector width, widest first.</param>
/// <param name="Cuda">The CUDA program.</param>
public sealed record CompiledModel(
    ModelSpec Spec,
    string Summary,
    EquatableArray<LayerInfo> Layers,
    EquatableArray<ParameterInfo> Parameters,
    MemoryInfo Memory,
    EquatableArray<OutputInfo> Outputs,
    EquatableArray<CpuSource> Cpu,
    CudaSource Cuda);

/// <summary>One of the model's outputs.</summary>
/// <param name="Name">As the user named it, or <see cref="OnlyName"/>.</param>
/// <param name="Classes">Classes of a prediction, or other values of an output row.</param>
/// <param name="Pixels">Rows of an output sample: 1, or the pixels of a map.</param>
/// <param name="Loss">What training makes small of it, or null.</param>
public sealed record OutputInfo(string Name, int Classes, int Pixels, LossSpec? Loss)
{
    /// <summary>Name of an only output that has none.</summary>
    public const string OnlyName = "Output";

    /// <summary>Values of a sample.</summary>
    public int Elements => Classes * Pixels;
}

/// <summary>What a layer costs, per sample.</summary>
/// <param name="Name">As the preset or the user named it.</param>
/// <param name="Kind">"Conv2D", "MaxPool2D", "Flatten", "Dense".</param>
/// <param name="OutputShape">Without the batch axis, in the user's layout, as "26, 26, 32".</param>
/// <param name="ParameterCount">Trained elements.</param>
/// <param name="Macs">Multiply-accumulates that the definition asks for, forward, one sample.</param>
/// <param name="ActivationBytes">Bytes of the layer's logical output (float), one sample.</param>
public sealed record LayerInfo(string Name, string Kind, string OutputShape, int ParameterCount, long Macs, long ActivationBytes);

/// <summary>A trained tensor: its logical face, which the user reads and writes, and where its elements lie in the parameter arena.</summary>
/// <param name="Name">"conv2d.kernel" (Keras) or "conv1.weight" (PyTorch).</param>
/// <param name="Shape">Logical shape in the preset's axis order.</param>
/// <param name="Layout">That order in letters: "HWIO", "OIHW", "IO", "OI", "O".</param>
/// <param name="OffsetFloats">First element in the parameter arena; a multiple of 16.</param>
/// <param name="StorageFloats">Elements that the arena holds for it, padding included; a multiple of 16.</param>
/// <param name="Axes">Logical axes in row-major order (an axis may be cut into several), each with its way through the storage.</param>
/// <param name="Initializer">How training starts.</param>
/// <param name="Bound">For <see cref="Initializer.Uniform"/>: values are drawn from [-Bound, Bound).</param>
public sealed record ParameterInfo(
    string Name,
    EquatableArray<int> Shape,
    string Layout,
    int OffsetFloats,
    int StorageFloats,
    EquatableArray<AxisInfo> Axes,
    Initializer Initializer,
    double Bound)
{
    /// <summary>False for running statistics, which have no gradient.</summary>
    public bool IsTrained { get; init; } = true;
}

/// <summary>Index i of an axis adds (i / Block) * BlockStride + (i % Block) * Stride to the storage offset.</summary>
public sealed record AxisInfo(int Extent, int Stride, int Block, int BlockStride);

public enum Initializer
{
    Zeros,
    Ones,
    Uniform,
}

/// <summary>Sizes of the arenas, in floats. "Per sample" areas are multiplied by the batch capacity at run time.</summary>
/// <param name="ParameterFloats">All parameters; gradients and each optimizer moment have the same layout.</param>
/// <param name="DerivedFloats">Copies of weights in the order that backward kernels read, rewritten after each update.</param>
/// <param name="PartialFloats">One partial sum of those gradients that are accumulated over groups of images.</param>
/// <param name="TrainSampleFloats">Kept for the whole batch while training, per sample.</param>
/// <param name="TrainTaskFloats">Scratch of one worker while training.</param>
/// <param name="PredictSampleFloats">Kept for the whole batch while predicting, per sample.</param>
/// <param name="PredictTaskFloats">Scratch of one worker while predicting.</param>
/// <param name="ImagesPerChunk">Images that a task works on at a time, where that is not the run time's constant.</param>
public sealed record MemoryInfo(
    int ParameterFloats,
    int DerivedFloats,
    int PartialFloats,
    int TrainSampleFloats,
    int TrainTaskFloats,
    int PredictSampleFloats,
    int PredictTaskFloats,
    int? ImagesPerChunk);

/// <summary>One vector width's program: a whole C# file that holds the class <paramref name="ClassName"/>, derived from <c>Convoke.Compiled.CpuProgram</c>.</summary>
/// <param name="VectorBits">512, 256 or 128.</param>
public sealed record CpuSource(int VectorBits, string ClassName, string Text);
