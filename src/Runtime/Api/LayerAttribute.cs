using System.Diagnostics;

namespace Convoke;

/// <summary>Base of the attributes that are layers. They are read from source and leave no trace in the assembly.</summary>
[Conditional("CONVOKE_KEEP_ATTRIBUTES")]
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Method, AllowMultiple = true, Inherited = false)]
public abstract class LayerAttribute : Attribute
{
    /// <summary>
    /// Name of the layer, the stem of its parameters' names. Where it is left out, it is the method's in snake case, or on a class counted as the preset's
    /// framework counts.
    /// </summary>
    /// <remarks>An ASCII letter, then letters, digits and underscores; unique in the model.</remarks>
    public string? Name { get; set; }
}
