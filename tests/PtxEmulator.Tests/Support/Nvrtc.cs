using System.Runtime.InteropServices;
using System.Text;

namespace Convoke.PtxEmulator.Tests;

/// <summary>NVIDIA's run-time compiler, where the variable CONVOKE_NVRTC names its folder.</summary>
internal static unsafe class Nvrtc
{
    public const string Variable = "CONVOKE_NVRTC";

    public static string? Library { get; } = Find();

    public static string Compile(string source, string name, params string[] options)
    {
        // NVRTC looks for its built-ins by name, and finds those that are loaded.
        NativeLibrary.Load(Path.Combine(Path.GetDirectoryName(Library!)!, "libnvrtc-builtins.so.12.4"));
        nint library = NativeLibrary.Load(Library!);
        var create = (delegate* unmanaged<nint*, byte*, byte*, int, byte**, byte**, int>)NativeLibrary.GetExport(library, "nvrtcCreateProgram");
        var compile = (delegate* unmanaged<nint, int, nint*, int>)NativeLibrary.GetExport(library, "nvrtcCompileProgram");
        nint program;
        fixed (byte* text = Terminated(source), label = Terminated(name)) Assert.Equal(0, create(&program, text, label, 0, null, null));
        nint[] arguments = [.. options.Select(Marshal.StringToCoTaskMemUTF8)];
        int code;
        fixed (nint* first = arguments) code = compile(program, arguments.Length, first);
        foreach (nint argument in arguments) Marshal.FreeCoTaskMem(argument);
        Assert.True(code == 0, Text(library, program, "nvrtcGetProgramLogSize", "nvrtcGetProgramLog"));
        return Text(library, program, "nvrtcGetPTXSize", "nvrtcGetPTX");
    }

    private static string Text(nint library, nint program, string sizeOf, string get)
    {
        nuint size;
        Assert.Equal(0, ((delegate* unmanaged<nint, nuint*, int>)NativeLibrary.GetExport(library, sizeOf))(program, &size));
        byte[] bytes = new byte[(int)size];
        fixed (byte* first = bytes) Assert.Equal(0, ((delegate* unmanaged<nint, byte*, int>)NativeLibrary.GetExport(library, get))(program, first));
        return Encoding.UTF8.GetString(bytes).TrimEnd('\0');
    }

    private static byte[] Terminated(string text) => Encoding.UTF8.GetBytes(text + "\0");

    private static string? Find()
    {
        string? folder = Environment.GetEnvironmentVariable(Variable);
        if (string.IsNullOrEmpty(folder)) return null;
        string file = Path.Combine(folder, "libnvrtc.so.12");
        return File.Exists(file) ? file : null;
    }
}

/// <summary>A test that compiles CUDA: skipped where NVRTC is not found, unless CI_REQUIRE_DATA=1 forbids it.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class NvrtcFactAttribute : FactAttribute
{
    public NvrtcFactAttribute()
    {
        if (Nvrtc.Library == null && Environment.GetEnvironmentVariable("CI_REQUIRE_DATA") != "1")
            Skip = $"NVRTC 12.4 not found: {Nvrtc.Variable} names no folder with libnvrtc.so.12";
    }
}
