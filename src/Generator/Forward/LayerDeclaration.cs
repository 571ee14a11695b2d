using Convoke.Kernels.Models;
using Microsoft.CodeAnalysis;

namespace Convoke.Generator;

/// <summary>A layer method as Forward's calls find it.</summary>
/// <param name="Method">The declaring part of the partial method.</param>
/// <param name="Attribute">Its layer attribute.</param>
/// <param name="Layer">The layer; where the method is indexed, its name is what stands before the index.</param>
/// <param name="Activation">The call behind the layer's own that its activation is, or null.</param>
/// <param name="Indexed">Whether each index is a layer with weights of its own.</param>
internal sealed record LayerDeclaration(IMethodSymbol Method, AttributeArguments Attribute, LayerSpec Layer, LayerSpec? Activation, bool Indexed)
{
    public bool IsCalled { get; set; }
}
