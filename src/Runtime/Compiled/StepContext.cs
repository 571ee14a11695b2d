using System.ComponentModel;

namespace Convoke.Compiled;

/// <summary>The memory and the numbers of one step, as generated kernels see them. All pointers are 64-byte aligned unless said otherwise.</summary>
/// <remarks>Written by the run time before the step; read by every worker during it.</remarks>
[EditorBrowsable(EditorBrowsableState.Never)]
public unsafe sealed class StepContext
{
    /// <summary>Parameter arena.</summary>
    public float* Parameters;

    /// <summary>First moment (Adam), laid out as <see cref="Parameters"/>.</summary>
    public float* Moment1;

    /// <summary>Second moment (Adam), laid out as <see cref="Parameters"/>.</summary>
    public float* Moment2;

    /// <summary>Where gradients go instead of into the optimizer, laid out as <see cref="Parameters"/>; null while training.</summary>
    public float* Gradients;

    /// <summary>Derived weight layouts.</summary>
    public float* Derived;

    /// <summary>Partial gradients: [<see cref="Tasks"/>][PartialFloats].</summary>
    public float* Partials;

    /// <summary>Values kept for the whole batch; value v of sample n lies at offset(v) * <see cref="Capacity"/> + n * size(v).</summary>
    public float* Batch;

    /// <summary>Samples f32[N, SampleLength], dense rows (a row is not aligned): all inputs one behind the other, images NHWC.</summary>
    public float* Images;

    /// <summary>Class indices i32[N, LabelLength], of all losses that take them; null where none does, or there are no labels.</summary>
    public int* Labels;

    /// <summary>Target values f32[N, TargetLength], of all losses that take them, dense; null where none does, or there are no labels.</summary>
    public float* Targets;

    /// <summary>Losses of each sample f32[N, losses]; null where none is wanted.</summary>
    public float* Losses;

    /// <summary>How many of the sample's rows (1, or the pixels of a map) were classified right, i32[N], of the first output with a cross-entropy; null where <see cref="Losses"/> is.</summary>
    public int* Correct;

    /// <summary>Outputs f32[N, OutputLength]: of each sample all outputs one behind the other, [Pixels, Classes], of channels-first models [Classes, Pixels]; null while training.</summary>
    public float* Output;

    /// <summary>Samples that <see cref="Batch"/> has room for.</summary>
    public int Capacity;

    /// <summary>Samples of this step, 1..<see cref="Capacity"/>.</summary>
    public int N;

    /// <summary>Tasks of the image phase; depends on <see cref="N"/> only, so that sums are the same for any number of threads.</summary>
    public int Tasks;

    /// <summary>1 / N, the weight of a sample in the mean loss.</summary>
    public float InverseN;

    /// <summary>Seed of the model, the key of all its random draws.</summary>
    public ulong Seed;

    /// <summary>Training passes that were made before this one, which tell one pass's dropout masks from another's.</summary>
    public uint Draw;

    /// <summary>Sgd: the learning rate. Adam: the learning rate with the step's bias correction, as the preset's form has it.</summary>
    public float StepSize;

    /// <summary>Adam, epsilon after correction: 1 / sqrt(1 - beta2^t); otherwise 1.</summary>
    public float SecondMomentScale;
}
