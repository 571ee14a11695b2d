using System.ComponentModel;

namespace Convoke.Compiled;

/// <summary>What the compiler found out about a model, as data. Generated code makes it; nobody else needs to.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class NetworkPlan
{
    /// <summary>Name of the model class.</summary>
    public required string Name { get; init; }

    /// <summary>What the model takes, at least one, in the order of <c>Forward</c>'s parameters. A sample has all of them one behind the other.</summary>
    public required InputPlan[] Inputs
    {
        get;
        init
        {
            field = value;
            SampleLength = checked(value.Sum(static input => input.Length));
        }
    }

    /// <summary>Values of all inputs of a sample.</summary>
    public int SampleLength { get; private init; }

    /// <summary>Order of the axes of images in the user's memory.</summary>
    public required Layout Layout { get; init; }

    /// <summary>What the model yields, at least one. What a sample has of all of them stands together in their order: its outputs, its losses, its labels, its target rows.</summary>
    public required OutputPlan[] Outputs
    {
        get;
        init
        {
            field = value;
            Losses = [.. value.Where(static output => output.Loss is not null)];
            OutputLength = value.Sum(static output => output.Length);
            LabelLength = Losses.Where(static output => !output.TakesRows).Sum(static output => output.Pixels);
            TargetLength = Losses.Where(static output => output.TakesRows).Sum(static output => output.Length);
            Counted = Array.Find(Losses, static output => output.TellsClasses);
            Told = value is [{ } only] && (only.Loss is null || only.TellsClasses) ? only : Counted;
            ToldAt = value.TakeWhile(output => !ReferenceEquals(output, Told)).Sum(static output => output.Length);
            LossNames = [.. Losses.Select(static output => output.Name)];
        }
    }

    /// <summary>Those of them that have a loss; none in a model that only predicts.</summary>
    public OutputPlan[] Losses { get; private init; } = [];

    /// <summary>Their names.</summary>
    public string[] LossNames { get; private init; } = [];

    /// <summary>Values of all outputs of a sample.</summary>
    public int OutputLength { get; private init; }

    /// <summary>Class indices that the losses take of a sample.</summary>
    public int LabelLength { get; private init; }

    /// <summary>Target values that the losses take of a sample.</summary>
    public int TargetLength { get; private init; }

    /// <summary>The output whose right answers are counted, the first with a cross-entropy; null where there is none.</summary>
    public OutputPlan? Counted { get; private init; }

    /// <summary>The output that stands for classes: a model's only one, unless its loss is of values, or of several the one whose right answers are counted; else null.</summary>
    public OutputPlan? Told { get; private init; }

    /// <summary>Where it stands among the outputs of a sample.</summary>
    public int ToldAt { get; private init; }

    /// <summary>Null for a model that only predicts.</summary>
    public required OptimizerPlan? Optimizer { get; init; }

    /// <summary>Whether accuracy is measured.</summary>
    public required bool Accuracy { get; init; }

    /// <summary>One row per layer, in order.</summary>
    public required LayerPlan[] Layers { get; init; }

    /// <summary>Trained tensors, in layer order.</summary>
    public required ParameterPlan[] Parameters { get; init; }

    /// <summary>Floats of the parameter arena; gradients and moments have the same layout.</summary>
    public required int ParameterFloats { get; init; }

    /// <summary>Floats of the derived weight layouts.</summary>
    public required int DerivedFloats { get; init; }

    /// <summary>Floats of one partial sum of image-accumulated gradients.</summary>
    public required int PartialFloats { get; init; }

    /// <summary>Floats kept for the whole batch while training, per sample.</summary>
    public required int TrainSampleFloats { get; init; }

    /// <summary>Floats of one worker's scratch while training.</summary>
    public required int TrainTaskFloats { get; init; }

    /// <summary>Floats kept for the whole batch while predicting, per sample.</summary>
    public required int PredictSampleFloats { get; init; }

    /// <summary>Floats of one worker's scratch while predicting.</summary>
    public required int PredictTaskFloats { get; init; }

    /// <summary>Images that a task works on at a time.</summary>
    public int ImagesPerChunk { get; init; } = CpuProgram.ImagesPerChunk;
}

/// <summary>One input of a model.</summary>
/// <param name="Name">As the parameter of <c>Forward</c> is called; "images" of an only input, which none of its users has to name.</param>
/// <param name="Height">Pixels from top to bottom; 1 where <paramref name="IsFlat"/>.</param>
/// <param name="Width">Pixels from left to right; 1 where <paramref name="IsFlat"/>.</param>
/// <param name="Channels">Values of a pixel, or of a row.</param>
/// <param name="IsFlat">Whether a sample is a row of values rather than an image.</param>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed record InputPlan(string Name, int Height, int Width, int Channels, bool IsFlat = false)
{
    /// <summary>Values of one sample.</summary>
    public int Length => checked(Height * Width * Channels);
}

/// <summary>One output of a model.</summary>
/// <param name="Name">As the user named it; "Output" for an only one without a name.</param>
/// <param name="Classes">Classes, or other values of a row.</param>
/// <param name="Pixels">Rows of a sample: 1, or the pixels of a map, each of which has a label of its own where the output stands for classes.</param>
/// <param name="Loss">Null where it is only predicted.</param>
/// <param name="Weight">What the loss counts for in the total.</param>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed record OutputPlan(string Name, int Classes, int Pixels, LossPlan? Loss, double Weight = 1)
{
    /// <summary>Values of one sample.</summary>
    public int Length => Pixels * Classes;

    /// <summary>Whether the loss is a cross-entropy.</summary>
    public bool TellsClasses => Loss is LossPlan.CategoricalCrossentropy or LossPlan.SparseCategoricalCrossentropy or LossPlan.CrossEntropy;

    /// <summary>Whether the loss takes floats, as many as the output has; otherwise class indices.</summary>
    public bool TakesRows => Loss is LossPlan.CategoricalCrossentropy or LossPlan.MeanSquaredError or LossPlan.SmoothL1;
}

/// <summary>The loss, and the kind of labels that it takes.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public enum LossPlan
{
    /// <summary>Target rows of <see cref="OutputPlan.Classes"/> floats.</summary>
    CategoricalCrossentropy,

    /// <summary>Class indices; the model ends in a softmax.</summary>
    SparseCategoricalCrossentropy,

    /// <summary>Class indices; the model ends in logits.</summary>
    CrossEntropy,

    /// <summary>Floats, one for each value of the output.</summary>
    MeanSquaredError,

    /// <summary>Floats, one for each value of the output.</summary>
    SmoothL1,
}

/// <summary>The optimizer's constants.</summary>
/// <param name="Name">"Adam" or "Sgd".</param>
/// <param name="LearningRate">Step size.</param>
/// <param name="Beta1">Decay of the first moment (Adam).</param>
/// <param name="Beta2">Decay of the second moment (Adam).</param>
/// <param name="Moments">Arenas of state beside each parameter: 0 (Sgd), 1 (Sgd with momentum) or 2 (Adam).</param>
/// <param name="EpsilonAfterCorrection">Adam: epsilon joins the square root after its bias correction (PyTorch) rather than before (Keras).</param>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed record OptimizerPlan(string Name, double LearningRate, double Beta1, double Beta2, int Moments, bool EpsilonAfterCorrection);

/// <summary>A row of the model's summary.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed record LayerPlan(string Name, string Kind, string OutputShape, int ParameterCount, long Macs);

/// <summary>A trained tensor: logical shape, and where its elements lie in the parameter arena.</summary>
/// <param name="Name">As the preset names it.</param>
/// <param name="Shape">Logical shape.</param>
/// <param name="Layout">Axis letters of the logical shape.</param>
/// <param name="Offset">First float in the arena.</param>
/// <param name="Axes">Logical axes in row-major order (an axis may be cut into several).</param>
/// <param name="Bound">Start values are drawn from [-Bound, Bound); 0 starts with <paramref name="Start"/>.</param>
/// <param name="Start">The start value where none is drawn.</param>
/// <param name="IsTrained">False for running statistics, which have no gradient.</param>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed record ParameterPlan(string Name, int[] Shape, string Layout, int Offset, AxisPlan[] Axes, double Bound, float Start = 0, bool IsTrained = true);

/// <summary>Index i of this axis adds (i / Block) * BlockStride + (i % Block) * Stride to the storage offset.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public readonly record struct AxisPlan(int Extent, int Stride, int Block, int BlockStride);
