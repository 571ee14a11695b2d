using System.Diagnostics;

namespace Convoke;

/// <summary>Base of the attributes that say what training makes small. A trainable model has an optimizer, and a loss on at least one of its outputs.</summary>
/// <remarks>What is made small is the sum over all losses of <see cref="Weight"/> times the loss.</remarks>
[Conditional("CONVOKE_KEEP_ATTRIBUTES")]
[AttributeUsage(AttributeTargets.Class, AllowMultiple = true, Inherited = false)]
public abstract class LossAttribute : Attribute
{
    /// <summary>Name of the output that it is for, as the tuple that <c>Forward</c> returns names it. Left out where a model has one output; each has at most one loss.</summary>
    public string? Output { get; set; }

    /// <summary>What the loss counts for in the total; greater than 0. Losses are shown without it.</summary>
    public double Weight { get; set; } = 1;
}
