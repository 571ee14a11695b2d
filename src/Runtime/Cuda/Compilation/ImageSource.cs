namespace Convoke;

/// <summary>Which kind of image a module is loaded from; CONVOKE_CUDA_IMAGE names one.</summary>
internal enum ImageMode
{
    /// <summary>Machine code where compiler and driver take the device's architecture, else PTX.</summary>
    Automatic,

    /// <summary>Machine code or an error.</summary>
    Cubin,

    /// <summary>PTX, which the driver compiles.</summary>
    Ptx,
}

/// <summary>Images of a source for one device: from the cache, else from the compiler.</summary>
/// <param name="compiler">The compiler.</param>
/// <param name="cache">The cache.</param>
/// <param name="deviceArchitecture">90 for compute capability 9.0.</param>
internal sealed class ImageSource(KernelCompiler compiler, ImageCache cache, int deviceArchitecture)
{
    /// <summary>The mode that the environment asks for.</summary>
    /// <exception cref="ConvokeException">CONVOKE_CUDA_IMAGE is something else.</exception>
    public static ImageMode ReadMode(string? text) => text?.Trim().ToLowerInvariant() switch
    {
        null or "" or "auto" => ImageMode.Automatic,
        "cubin" => ImageMode.Cubin,
        "ptx" => ImageMode.Ptx,
        _ => throw new ConvokeException($"CONVOKE_CUDA_IMAGE is \"{text}\"; it takes \"auto\", \"cubin\" or \"ptx\"."),
    };

    /// <summary>The compiler makes machine code for this very device.</summary>
    public bool HasCubin => compiler.Architectures.Contains(deviceArchitecture);

    /// <summary>Machine code for the device.</summary>
    /// <exception cref="KernelCompilationException">The source does not compile, or not for this device.</exception>
    public CompiledKernels Cubin(ReadOnlySpan<byte> source, string name) => HasCubin
        ? Get(source, name, $"sm_{deviceArchitecture}")
        : throw new KernelCompilationException($"NVRTC {compiler.Version} does not compile for sm_{deviceArchitecture}, only for {string.Join(", ", compiler.Architectures)}.", "");

    /// <summary>PTX for the newest architecture that both the compiler and the device have.</summary>
    /// <exception cref="KernelCompilationException">The source does not compile, or the device is older than all that the compiler knows.</exception>
    public CompiledKernels Ptx(ReadOnlySpan<byte> source, string name)
    {
        int newest = compiler.Architectures.Where(architecture => architecture <= deviceArchitecture).DefaultIfEmpty().Max();
        return newest == 0
            ? throw new KernelCompilationException($"NVRTC {compiler.Version} has no architecture as old as {deviceArchitecture}, only {string.Join(", ", compiler.Architectures)}.", "")
            : Get(source, name, $"compute_{newest}");
    }

    private CompiledKernels Get(ReadOnlySpan<byte> source, string name, string architecture)
    {
        string key = ImageCache.Key(source, name, architecture, compiler.Identity);
        // Level 5 shows what the compiler says and makes, so it must be asked.
        if (CudaTrace.Level < 5 && cache.TryRead(key, architecture) is { } cached)
        {
            CudaTrace.Save(4, name, source);
            CudaTrace.Write(1, $"cache: {name} for {architecture} from {cache.Folder}");
            return cached;
        }

        CompiledKernels compiled = compiler.Compile(source, name, architecture);
        cache.TryWrite(key, compiled);
        return compiled;
    }
}
