using Convoke.Kernels.KernelIr;
using Convoke.Kernels.Types;

namespace Convoke.Kernels.Scheduling;

/// <summary>Element by element over maps of one form: a chain of activations, sums, products and normalizations, or of their gradients, as one kernel.</summary>
/// <param name="Name">The layer's name.</param>
/// <param name="Call">The layer call.</param>
/// <param name="Role">What it is, for method names: "Apply", or of gradients "Grad".</param>
/// <param name="Extent">Form of all maps, the result included.</param>
/// <param name="Maps">Values read; the body calls them x0, x1, ...</param>
/// <param name="Vectors">One float per channel each, by the names that the body calls them.</param>
/// <param name="Body">Assignments, the last of which is to y; what it does not assign first, it reads.</param>
/// <param name="KeepsZero">Whether zeros in all maps and vectors yield zero, so that padded channels need no care.</param>
/// <param name="Y">The result.</param>
public sealed record PointwiseGroup(string Name, int Call, string Role, ValueStorage Extent, EquatableArray<int> Maps, EquatableArray<ChannelVector> Vectors, Pointwise Body, bool KeepsZero, int Y)
    : KernelGroup(Name, Call)
{
    public override bool PerImage => true;

    public override IEnumerable<int> Reads => Maps;

    public override IEnumerable<int> Writes => [Y];
}

/// <summary>One float per stored channel: a parameter, or one of the vectors that a normalization keeps (<see cref="NormVector"/>).</summary>
/// <param name="Name">What pointwise code calls it.</param>
/// <param name="Owner">Id of the parameter; where it is a vector of a normalization, of the call's moments, or for <see cref="NormVector.RunningScale"/> of gamma.</param>
/// <param name="Vector">Null for the parameter itself.</param>
public sealed record ChannelVector(string Name, int Owner, NormVector? Vector = null);
