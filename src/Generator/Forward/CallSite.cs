using Microsoft.CodeAnalysis;

namespace Convoke.Generator;

/// <summary>Where the source says a call of the model: its layer's attribute, and in Forward the expression that calls it.</summary>
/// <param name="Layer">The attribute; null for an operation, which has none.</param>
/// <param name="Call">The calling expression; null where layers are the class's own attributes.</param>
internal readonly record struct CallSite(AttributeArguments? Layer, Location? Call)
{
    /// <summary>Where a fault is shown: at an argument of the layer if that alone is wrong, at the call if what arrives there is.</summary>
    public Location LocationOf(string id, string? argument)
    {
        if (Call is null) return Layer!.Location(argument);
        bool arrives = argument is null || id == DiagnosticCatalog.SizeReachesZero.Id || id == DiagnosticCatalog.PoolingDrops.Id;
        return Layer is null || arrives ? Call : Layer.Location(argument);
    }
}
