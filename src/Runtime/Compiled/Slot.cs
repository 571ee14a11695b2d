using System.ComponentModel;

namespace Convoke.Compiled;

/// <summary>A span of four-byte elements that generated code has pinned: an output's place, or the targets of a loss.</summary>
/// <param name="start">First element; null where there is none.</param>
/// <param name="length">Elements.</param>
[EditorBrowsable(EditorBrowsableState.Never)]
public readonly unsafe struct Slot(void* start, int length)
{
    /// <summary>First element.</summary>
    public void* Start { get; } = start;

    /// <summary>Elements.</summary>
    public int Length { get; } = length;
}
