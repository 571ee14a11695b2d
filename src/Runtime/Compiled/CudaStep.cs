using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Convoke.Compiled;

/// <summary>The record that lives on the device and goes with every step: the twin of <c>struct Step</c> in the emitted text.</summary>
/// <remarks>The first part says where a batch comes from and is written by the host; the second says where training stands and is written by kernels.</remarks>
[EditorBrowsable(EditorBrowsableState.Never)]
[StructLayout(LayoutKind.Sequential)]
public unsafe struct CudaStep
{
    /// <summary>Bytes of the part that the host writes before a batch.</summary>
    public const int FeedBytes = 108;

    /// <summary>Where the sums begin.</summary>
    public const int SumOffset = 152;

    /// <summary>Bytes of the sums.</summary>
    public const int SumBytes = 16;

    /// <summary>Device pointer: samples u8[samples, SampleLength] or f32[samples, SampleLength], all inputs one behind the other, images NHWC.</summary>
    public ulong Images;

    /// <summary>Device pointer: class indices i32[samples], or 0.</summary>
    public ulong Labels;

    /// <summary>Device pointer: target rows f32[samples, classes], or 0.</summary>
    public ulong Targets;

    /// <summary>Device pointer: the epoch's order i32[samples], or 0 for the set's own.</summary>
    public ulong Order;

    /// <summary>1 where pixels are bytes.</summary>
    public int Bytes;

    /// <summary>Samples in the set.</summary>
    public int Samples;

    /// <summary>Place of the batch's first sample in the epoch's order.</summary>
    public int Position;

    /// <summary>Bits of the low half of the order's Feistel network.</summary>
    public uint LowBits;

    /// <summary>Bits of the high half.</summary>
    public uint HighBits;

    /// <summary>Rounds of the network.</summary>
    public uint Rounds;

    /// <summary>Its keys.</summary>
    public fixed uint Keys[12];

    /// <summary>1: gradients are kept and nothing is learned.</summary>
    public int KeepGradients;

    /// <summary>Optimizer steps taken.</summary>
    public int Step;

    /// <summary>1 from the first loss on that was not finite.</summary>
    public int Bad;

    /// <summary>The step of that loss, or 0.</summary>
    public int FailedStep;

    /// <summary>Learning rate with the step's bias correction.</summary>
    public float StepSize;

    /// <summary>Adam with epsilon behind the correction: 1 / sqrt(1 - beta2^t).</summary>
    public float SecondMomentScale;

    /// <summary>Training passes done: which masks dropout draws next.</summary>
    public uint Draw;

    /// <summary>beta1^t.</summary>
    public double Beta1Power;

    /// <summary>beta2^t.</summary>
    public double Beta2Power;

    /// <summary>Losses of all samples since it was cleared.</summary>
    public double LossSum;

    /// <summary>Right answers since it was cleared.</summary>
    public ulong Correct;

    /// <summary>Key of all draws; written once.</summary>
    public ulong Seed;
}
