using Convoke.Kernels.Graphs;
using Convoke.Kernels.Scheduling;
using Convoke.Kernels.Types;

namespace Convoke.Kernels.Cuda;

/// <summary>Makes dropout behind a ReLU part of the layer before it: the layer stores what is left, and the way back needs no mask.</summary>
/// <remarks>
/// Of y' = y / (1 - rate) where kept, else 0, with y = relu(z), the gradient of z is dy' / (1 - rate) where y' > 0, and 0 elsewhere: an element that was dropped and one
/// that the ReLU closed are alike. So the mask of the ReLU, which the backward kernels apply as they read a gradient, is the mask of both, and what was a kernel each
/// way, with a map that it reads and one that it writes, is a factor.
/// </remarks>
public static class DropoutFusion
{
    public static Schedule Run(Schedule train, Graph graph)
    {
        foreach (DropoutGroup drop in train.Groups.OfType<DropoutGroup>().Where(static d => !d.Backward).ToArray())
        {
            if (train.Groups.OfType<DropoutGroup>().FirstOrDefault(d => d.Backward && d.Site == drop.Site) is not { } back) continue;
            Dictionary<KernelGroup, KernelGroup?>? changes = train.Groups.FirstOrDefault(g => g.Writes.Contains(drop.X)) switch
            {
                ConvForwardGroup { Relu: true } conv => Convolution(train, conv, drop, back),
                DenseForwardGroup { Relu: true } dense => Dense(train, graph, dense, drop, back),
                _ => null,
            };
            if (changes is not null) train = Apply(train, changes);
        }

        return train;
    }

    private static Dictionary<KernelGroup, KernelGroup?>? Convolution(Schedule train, ConvForwardGroup conv, DropoutGroup drop, DropoutGroup back)
    {
        ConvGeometry g = conv.Geometry;
        if (train.Groups.OfType<ConvBackwardGroup>().FirstOrDefault(c => c.Relu && c.Y == drop.X && c.Dy == back.Y) is not { } backward) return null;
        if (drop.Extent.Count != g.OutRows * g.OutColumns * g.KStored || !OnlyReaders(train, drop.X, drop, backward) || !OnlyReaders(train, back.Y, backward)) return null;
        return new(ReferenceComparer.Instance)
        {
            [conv] = conv with { Y = drop.Y, Drop = drop },
            [drop] = null,
            [back] = null,
            [backward] = backward with { Y = drop.Y, Dy = back.X, Scale = drop.Scale },
        };
    }

    private static Dictionary<KernelGroup, KernelGroup?>? Dense(Schedule train, Graph graph, DenseForwardGroup dense, DropoutGroup drop, DropoutGroup back)
    {
        if (train.Groups.OfType<PointwiseGroup>().FirstOrDefault(p => graph[p.Y].Op is Op.ReluGrad && p.Maps.SequenceEqual([back.Y, drop.X])) is not { Body.Body.Count: 1 } mask) return null;
        if (train.Groups.OfType<DenseDgradGroup>().FirstOrDefault(d => d.ReluOutput is null && d.Dx == back.X) is not { } dgrad) return null;
        if (drop.Extent.Count != Panels.Pad(dense.Units) || !OnlyReaders(train, drop.X, drop, mask) || !OnlyReaders(train, back.Y, mask) || !OnlyReaders(train, back.X, back)) return null;
        return new(ReferenceComparer.Instance)
        {
            [dense] = dense with { Y = drop.Y, Drop = drop },
            [drop] = null,
            [back] = null,
            [mask] = null,
            [dgrad] = dgrad with { ReluOutput = drop.Y, Dx = mask.Y, Scale = drop.Scale },
        };
    }

    private static bool OnlyReaders(Schedule train, int value, params KernelGroup[] readers) => train.Groups.All(g => !g.Reads.Contains(value) || readers.Any(r => ReferenceEquals(r, g)));

    private static Schedule Apply(Schedule train, Dictionary<KernelGroup, KernelGroup?> changes)
    {
        return train with { Loops = [.. train.Loops.Select(loop => loop with { Groups = [.. loop.Groups.Select(Changed).OfType<KernelGroup>()] })] };

        KernelGroup? Changed(KernelGroup group) => changes.TryGetValue(group, out KernelGroup? other) ? other : group;
    }

    /// <summary>Groups that say the same may still be two.</summary>
    private sealed class ReferenceComparer : IEqualityComparer<KernelGroup>
    {
        public static ReferenceComparer Instance { get; } = new();

        public bool Equals(KernelGroup x, KernelGroup y) => ReferenceEquals(x, y);

        public int GetHashCode(KernelGroup group) => System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(group);
    }
}
