using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using Convoke.PtxEmulator;

namespace Convoke.EmulatedDriver;

/// <summary>Loaded PTX.</summary>
internal static unsafe partial class ModuleImage
{
    /// <param name="image">Zero-terminated PTX, or the start of an ELF file.</param>
    /// <param name="device">What it must run on.</param>
    /// <exception cref="DriverError">NoBinaryForGpu, InvalidPtx or UnsupportedPtxVersion, with the reason.</exception>
    public static PtxModule Load(byte* image, Device device)
    {
        if (image is null) throw new DriverError(Result.InvalidValue, "no image");
        if (BinaryPrimitives.ReadUInt32BigEndian(new(image, 4)) is 0x7f454c46 or 0x50ed55ba)
            throw new DriverError(Result.NoBinaryForGpu, "a cubin or fat binary holds machine code; the emulated device loads PTX");
        string text = Marshal.PtrToStringUTF8((nint)image)!;
        RefuseVersion(text);
        RefuseTarget(text, device.Architecture);
        try
        {
            PtxModule module = PtxModule.Parse(text);
            // An opcode that the interpreter lacks is better found here than in the middle of a graph.
            module.Verify();
            return module;
        }
        catch (PtxException error)
        {
            throw new DriverError(Result.InvalidPtx, error.Message);
        }
    }

    /// <summary>A driver reads the PTX of its own CUDA version and older ones.</summary>
    private static void RefuseVersion(string text)
    {
        if (Version().Match(text) is not { Success: true } found) throw new DriverError(Result.InvalidPtx, "PTX begins with .version");
        int version = 10 * int.Parse(found.Groups[1].ValueSpan) + int.Parse(found.Groups[2].ValueSpan);
        int newest = NewestPtx(Driver.Settings.DriverVersion);
        if (version > newest)
            throw new DriverError(Result.UnsupportedPtxVersion, $"PTX {version / 10}.{version % 10} is newer than this driver's {newest / 10}.{newest % 10}");
    }

    /// <summary>From the release history of the PTX manual: CUDA 11 has PTX 7.x, 12 has 8.x, 13 has 9.x; 12.6 repeated 8.5.</summary>
    private static int NewestPtx(int driverVersion)
    {
        int major = driverVersion / 1000, minor = driverVersion % 1000 / 10;
        return 10 * (major - 4) + (major == 12 && minor >= 6 ? minor - 1 : minor);
    }

    /// <summary>PTX runs on its target and on newer devices; PTX of an architecture-specific target (sm_90a) on that one alone.</summary>
    private static void RefuseTarget(string text, int architecture)
    {
        if (Target().Match(text) is not { Success: true } found) throw new DriverError(Result.InvalidPtx, "PTX names its .target");
        int target = int.Parse(found.Groups[1].ValueSpan);
        bool isExact = found.Groups[2].Length > 0;
        if (isExact ? target != architecture : target > architecture)
            throw new DriverError(Result.NoBinaryForGpu, $"PTX for {found.Value} does not run on compute capability {architecture / 10}.{architecture % 10}");
    }

    [GeneratedRegex(@"^\s*\.version\s+(\d+)\.(\d+)", RegexOptions.Multiline | RegexOptions.CultureInvariant)]
    private static partial Regex Version();

    [GeneratedRegex(@"(?<=^\s*\.target\s+)sm_(\d+)(a?)", RegexOptions.Multiline | RegexOptions.CultureInvariant)]
    private static partial Regex Target();
}
