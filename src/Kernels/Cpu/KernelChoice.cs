using System.Globalization;
using Convoke.Kernels.Scheduling;

namespace Convoke.Kernels.Cpu;

/// <summary>How a kernel goes about its work, and what that should take: the line of its opening comment that names the algorithm, its tiles and its predicted time.</summary>
/// <remarks>The prediction is a floor: operations of <see cref="KernelCost"/> at the full rate of a core, or bytes at that of its first-level cache, whichever is more.</remarks>
public static class KernelChoice
{
    /// <summary>Images of the batch that times are predicted for.</summary>
    private const int Batch = 128;

    private const double MultiplyAddsPerCycle = 2, BytesPerCycle = 64, CyclesPerMillisecond = 4e6;

    /// <summary>What the predictions of a file mean.</summary>
    public static string Model => $"Predicted times are those of a batch of {Batch} on one core at 4 GHz that does two vector multiply-adds a cycle and moves {BytesPerCycle} bytes.";

    /// <summary>The line for a convolution, a dense layer or the update of either; empty for kernels between which there is nothing to choose.</summary>
    /// <param name="target">The vector width.</param>
    /// <param name="group">What the kernel computes.</param>
    /// <param name="gemm">The loops of a dense layer; null for others.</param>
    public static string Line(VectorTarget target, KernelGroup group, DenseGemm? gemm = null) => How(target, group, gemm) is { Length: > 0 } how
        ? $"//   {how}: {Milliseconds(target, group).ToString("0.000", CultureInfo.InvariantCulture)} ms predicted"
        : "";

    /// <summary>Milliseconds that the group takes of a batch at least.</summary>
    public static double Milliseconds(VectorTarget target, KernelGroup group)
    {
        KernelCost cost = KernelCost.Of(group);

        // A register tile of a dense layer reads its weights once for as many images as it has rows.
        double read = group is DenseForwardGroup or DenseDgradGroup ? cost.ReadBytes / (double)Liveness.ImagesPerChunk : cost.ReadBytes;
        double arithmetic = cost.Flops / (2 * MultiplyAddsPerCycle * target.Lanes), memory = (read + cost.WrittenBytes) / BytesPerCycle;
        double cycles = !cost.PerStep ? Batch * Math.Max(arithmetic, memory) : Math.Max(arithmetic * (group is DenseUpdateGroup ? Batch : 1), memory);
        return cycles / CyclesPerMillisecond;
    }

    private static string How(VectorTarget target, KernelGroup group, DenseGemm? gemm) => group switch
    {
        ConvForwardGroup c when c.Winograd.IsUsed => $"Winograd {c.Winograd.Form}{(c.Geometry.Pooled ? ", pool in its output transform" : "")}{(c.IsChunked ? ", over a chunk of images at once" : $", strips of {c.Winograd.StripTiles} tiles")}",
        ConvForwardGroup c => ConvForward.Describe(target, ConvBorder.Forward(c.Geometry) is { IsUsed: true } border ? border.Inside(c.Geometry) : c.Geometry),
        ConvBackwardGroup { IsChunked: true } b => $"filter gradient by Winograd {b.WgradWinograd.Form}{(b.Dx is null ? "" : $", data gradient by Winograd {b.DgradWinograd.Form}")}, over a chunk of images at once",
        ConvBackwardGroup { Method: ConvBackwardMethod.Sparse } => "only winners that ReLU let through, from lists (time: if all are)",
        ConvBackwardGroup b when ConvBackwardPatch.Fits(target, b) => "filter gradient by patches under pooled cells",
        ConvBackwardGroup b => $"filter gradient {(b.WgradWinograd.IsUsed ? $"by Winograd {b.WgradWinograd.Form}" : "in register tiles")}{(b.Dx is null ? "" : $", data gradient {Dgrad(b)}")}",
        DenseForwardGroup or DenseDgradGroup => gemm?.Describe(target) ?? "",
        DenseUpdateGroup d => DenseUpdate.Describe(target, d),
        _ => "",
    };

    private static string Dgrad(ConvBackwardGroup group) => group.DgradWinograd.IsUsed ? $"by Winograd {group.DgradWinograd.Form}, strips of {group.DgradWinograd.StripTiles} tiles"
        : DgradPlan.Of(group.Geometry).Phases.Count(static p => !p.IsEmpty) is > 1 and var phases ? $"direct, in {phases} phases of the stride" : "direct";
}
