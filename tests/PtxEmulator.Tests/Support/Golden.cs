namespace Convoke.PtxEmulator.Tests;

/// <summary>The committed CUDA sources and the PTX that NVRTC made of them.</summary>
internal static class Golden
{
    public static PtxModule Kernels { get; } = PtxModule.Parse(Read("kernels.ptx"));

    public static PtxModule Faults { get; } = PtxModule.Parse(Read("faults.ptx"));

    public static string Read(string name) => File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Golden", name));

    /// <summary>Number of the line within a kernel of faults.cu that is marked "// fault".</summary>
    public static int FaultLine(string kernel)
    {
        string[] lines = Read("faults.cu").Split('\n');
        int start = Array.FindIndex(lines, line => line.Contains($" {kernel}(", StringComparison.Ordinal));
        return 1 + Array.FindIndex(lines, start, static line => line.TrimEnd().EndsWith("// fault", StringComparison.Ordinal));
    }
}
