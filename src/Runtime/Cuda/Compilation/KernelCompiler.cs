using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Convoke;

/// <summary>CUDA C to machine code or PTX by NVRTC, which needs neither a GPU nor a driver.</summary>
internal sealed class KernelCompiler
{
    // --fmad=false: a sum is contracted where the emitted text says fmaf and nowhere else, so that every back end gets the same bits.
    // -lineinfo changes no instruction and gives faults a source line; -v puts registers and spills into the log.
    private static readonly string[] CommonOptions = ["--std=c++17", "--fmad=false", "-default-device", "-lineinfo", "--ptxas-options=-v"];

    private static readonly Lazy<KernelCompiler> Found = new(static () => new());

    private readonly int[] _architectures;

    private KernelCompiler()
    {
        if (!NativeLibraries.Compiler.IsLoaded) throw new DeviceNotAvailableException(NotFound);
        int major = 0, minor = 0, count = 0;
        NVRTCNativeMethods.nvrtcVersion(ref major, ref minor);
        NVRTCNativeMethods.nvrtcGetNumSupportedArchs(ref count);
        _architectures = new int[count];
        NVRTCNativeMethods.nvrtcGetSupportedArchs(_architectures);
        Version = new(major, minor);
    }

    /// <summary>The process's compiler.</summary>
    /// <exception cref="DeviceNotAvailableException">NVRTC was not found; the message says where it was looked for.</exception>
    public static KernelCompiler Default => Found.Value;

    /// <summary>NVRTC's version, for example 12.4.</summary>
    public Version Version { get; }

    /// <summary>Architectures that it compiles for, ascending: 90 for sm_90.</summary>
    public IReadOnlyList<int> Architectures => _architectures;

    private static string NotFound => Environment.GetEnvironmentVariable(NativeSearch.CompilerVariable) is { Length: > 0 }
        ? $"no NVRTC: {NativeSearch.CompilerVariable} names {string.Join(", ", NativeLibraries.Compiler.Tried)}"
        : $"no NVRTC: tried {string.Join(", ", NativeLibraries.Compiler.Tried)} in {NativeSearch.CompilerPlaces}; {NativeSearch.CompilerVariable} names its file or folder";

    /// <summary>Whether there is a compiler, and in words which, or where it was looked for.</summary>
    public static bool TryFind(out string explanation)
    {
        bool isFound = NativeLibraries.Compiler.IsLoaded;
        explanation = isFound ? $"NVRTC {Default.Version} ({NativeLibraries.Compiler.Path})" : NotFound;
        return isFound;
    }

    /// <summary>Everything that an image depends on besides source and architecture.</summary>
    public string Identity => string.Create(CultureInfo.InvariantCulture, $"nvrtc {Version} {string.Join(' ', CommonOptions)}");

    /// <summary>Compiles one source.</summary>
    /// <param name="source">CUDA C, UTF-8.</param>
    /// <param name="name">Name of the source in messages and line information: "mnist_net.cu".</param>
    /// <param name="architecture">"sm_90" for a cubin, "compute_90" for PTX.</param>
    /// <exception cref="KernelCompilationException">The source does not compile.</exception>
    public CompiledKernels Compile(ReadOnlySpan<byte> source, string name, string architecture)
    {
        bool isPtx = architecture.StartsWith("compute_", StringComparison.Ordinal);
        if (!isPtx && !architecture.StartsWith("sm_", StringComparison.Ordinal))
            throw new ArgumentException($"\"{architecture}\" is no architecture: \"sm_90\" gives a cubin, \"compute_90\" gives PTX.", nameof(architecture));

        long start = Stopwatch.GetTimestamp();
        string text = Encoding.UTF8.GetString(source);
        CudaTrace.Save(4, name, source);
        using NvrtcProgram program = new(text, name);
        nvrtcResult result = program.Compile([$"--gpu-architecture={architecture}", .. CommonOptions]);
        string stem = $"{Path.GetFileNameWithoutExtension(name)}.{architecture}";
        CudaTrace.Save(5, stem + ".log", Encoding.UTF8.GetBytes(program.Log));
        if (result != nvrtcResult.Success) throw Failure(result, text, name, architecture, program.Log);

        byte[] image = isPtx ? program.Ptx() : program.Cubin();
        CudaTrace.Save(5, stem + ".ptx", (isPtx ? image : program.Ptx()).AsSpan().TrimEnd((byte)0));
        if (!isPtx) CudaTrace.Save(5, stem + ".cubin", image);
        CompiledKernels compiled = new(image, isPtx, architecture, program.Log);
        CudaTrace.Write(1, $"compiled {name} for {architecture}: {image.Length} bytes, {Stopwatch.GetElapsedTime(start).TotalMilliseconds:0} ms");
        return compiled;
    }

    private KernelCompilationException Failure(nvrtcResult result, string source, string name, string architecture, string log) => result switch
    {
        nvrtcResult.ErrorCompilation => new(NumberedSource.Explain(source, name, architecture, log), log),
        nvrtcResult.ErrorInvalidOption => new(
            $"NVRTC {Version} does not take an option of \"--gpu-architecture={architecture} {string.Join(' ', CommonOptions)}\"; it compiles for {string.Join(", ", _architectures)}.\n{log}", log),
        nvrtcResult.ErrorBuiltinOperationFailure => new(
            $"NVRTC {Version} ({NativeLibraries.Compiler.Path}) does not find its libnvrtc-builtins: it belongs beside it, in the same version.\n{log}", log),
        _ => new($"NVRTC {Version} failed on {name} for {architecture} with result {(int)result} ({result}).\n{log}", log),
    };
}
