namespace Convoke.PtxEmulator;

/// <summary>Where shared memory begins: declared arrays first, then the dynamic array.</summary>
internal static class SharedLayout
{
    // What a dynamic array may be aligned to at most; swizzled layouts want 1024.
    private const int DynamicAlignment = 1024;

    public static int DynamicOffset(PtxKernel kernel) => (kernel.StaticSharedBytes + DynamicAlignment - 1) / DynamicAlignment * DynamicAlignment;

    public static int TotalBytes(KernelLaunch launch) =>
        launch.DynamicSharedBytes > 0 ? DynamicOffset(launch.Kernel) + launch.DynamicSharedBytes : launch.Kernel.StaticSharedBytes;
}
