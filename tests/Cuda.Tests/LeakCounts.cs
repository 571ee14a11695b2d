namespace Convoke.Cuda.Tests;

/// <summary>What <c>cvkEmuLeaks</c> fills (tests/EmulatedDriver/Leaks.cs): what is alive. All zero is a program that gave everything back.</summary>
internal record struct LeakCounts
{
    public int ContextRetains, DeviceBlocks, PinnedBlocks, Streams, Events, Modules, Libraries, Graphs, GraphExecutables;

    /// <summary>Operations that are queued and have not run.</summary>
    public int Pending;

    /// <summary>What died with a healthy context instead of being given back.</summary>
    public int Collected;

    private readonly int _padding;

    public long DeviceBytes;
}
