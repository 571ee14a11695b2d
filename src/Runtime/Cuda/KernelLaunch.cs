using System.Globalization;

namespace Convoke;

/// <summary>How many blocks of how many threads, with how much shared memory besides the kernel's own.</summary>
internal readonly record struct KernelLaunch(uint GridX, uint GridY, uint GridZ, uint BlockX, int DynamicSharedBytes)
{
    /// <summary>"grid 128x1x1, block 256, 0 B dynamic shared".</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"grid {GridX}x{GridY}x{GridZ}, block {BlockX}, {DynamicSharedBytes} B dynamic shared");
}
