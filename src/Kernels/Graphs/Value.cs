using Convoke.Kernels.Types;

namespace Convoke.Kernels.Graphs;

/// <summary>A node and the one value that it yields.</summary>
/// <param name="Id">Position in the graph; inputs have smaller ids.</param>
/// <param name="Op">What is computed.</param>
/// <param name="Inputs">Ids of the operands.</param>
/// <param name="Shape">Shape of the result.</param>
/// <param name="Type">Element type of the result.</param>
/// <param name="Name">For people and for emitted code: "conv2d", "conv2d.relu", "d_conv2d".</param>
/// <param name="Call">The layer call it comes from, or -1.</param>
public sealed record Value(int Id, Op Op, EquatableArray<int> Inputs, Shape Shape, DType Type, string Name, int Call)
{
    public override string ToString() => $"%{Id} {Name} = {Op.Mnemonic}({string.Join(", ", Inputs.Select(static i => "%" + i))}) : {Type.ToString().ToLowerInvariant()}{Shape}";
}
