using Convoke.Kernels.Graphs;
using Convoke.Kernels.Models;
using Convoke.Kernels.Scheduling;

namespace Convoke.Kernels.Cuda.TensorCores;

/// <summary>Which convolutions have all their gradients made by one kernel, <see cref="ConvTensorBackward"/>, and which first layers' are made in it.</summary>
public sealed class ConvBackwardPlan
{
    private readonly Dictionary<ConvBackwardGroup, (ConvTensorBackwardTile Tile, ConvFirstWgrad? First)> _fused = [];
    private readonly HashSet<ConvBackwardGroup> _firsts = [];

    /// <param name="schedule">The training step.</param>
    /// <param name="graph">Its graph.</param>
    /// <param name="inputs">The model's inputs.</param>
    /// <param name="operands">What tensor cores multiply. Transposed loads are of 16-bit values, so TF32 stays with the separate kernels.</param>
    public ConvBackwardPlan(Schedule schedule, Graph graph, IReadOnlyList<InputSpec> inputs, Operands operands)
    {
        if (operands.Pack != 2) return;
        KernelGroup[] groups = [.. schedule.Groups];
        foreach (ConvBackwardGroup g in groups.OfType<ConvBackwardGroup>())
        {
            if (g.Dx is not { } dx || g.IsShared || graph[g.X].Op is Op.Input || ConvTensorBackwardTile.Choose(g.Geometry) is not { } tile || ConvTensorBackward.SharedBytes(g, tile, null) > operands.MaxSharedBytes) continue;
            _fused[g] = (tile, null);
            KernelGroup[] readers = [.. groups.Where(reader => reader.Reads.Contains(dx))];
            if (readers is not [ConvBackwardGroup { Dx: null } below] || graph[below.X].Op is not Op.Input input) continue;
            var first = new ConvFirstWgrad(below, new InputText(inputs[input.Place.Index], input.Place), g, tile.Warps, operands.IsHalf);
            if (!first.Fits || ConvTensorBackward.SharedBytes(g, tile, first) > operands.MaxSharedBytes) continue;
            _fused[g] = (tile, first);
            _firsts.Add(below);
        }
    }

    /// <summary>How a layer's gradients are made at once; null where they are not.</summary>
    public (ConvTensorBackwardTile Tile, ConvFirstWgrad? First)? Of(ConvBackwardGroup group) => _fused.TryGetValue(group, out var fused) ? fused : null;

    /// <summary>Whether a first layer's gradients are made by the second layer's kernel.</summary>
    public bool IsPartOfSecond(ConvBackwardGroup group) => _firsts.Contains(group);
}
