using System.Text;

namespace Convoke;

/// <summary>Loaded kernels of one source.</summary>
internal sealed unsafe class CudaModuleHandle : CudaHandle
{
    private const int MessageBytes = 8192;

    private CudaModuleHandle(DeviceContext context, CUmodule value, CompiledKernels compiled) : base(context, value.Pointer) => Compiled = compiled;

    /// <summary>What it was loaded from.</summary>
    public CompiledKernels Compiled { get; }

    /// <summary>Loads an image.</summary>
    /// <param name="context">Where to.</param>
    /// <param name="compiled">The image.</param>
    /// <param name="loaded">The module; null where the driver refused.</param>
    /// <param name="message">What the driver's own compiler said; empty where it said nothing.</param>
    public static CUResult TryLoad(DeviceContext context, CompiledKernels compiled, out CudaModuleHandle? loaded, out string message)
    {
        CUmodule module = default;
        byte[] text = GC.AllocateArray<byte>(MessageBytes, pinned: true);
        CUResult result;
        fixed (byte* pinned = text)
        {
            CUJITOption[] options = [CUJITOption.ErrorLogBuffer, CUJITOption.ErrorLogBufferSizeBytes];
            result = DriverAPINativeMethods.ModuleManagement.cuModuleLoadDataEx(ref module, compiled.Image, (uint)options.Length, options, [(nint)pinned, MessageBytes]);
        }

        int end = Array.IndexOf(text, (byte)0);
        message = Encoding.UTF8.GetString(text, 0, end < 0 ? MessageBytes : end).Trim();
        context.Note(result);
        loaded = result == CUResult.Success ? new(context, module, compiled) : null;
        return result;
    }

    /// <summary>A kernel by its name in the source, which declares it <c>extern "C"</c>.</summary>
    /// <exception cref="CudaException">There is none.</exception>
    public CudaKernelHandle GetKernel(string name)
    {
        ThrowIfUnusable();
        CUfunction function = default;
        CUResult result = DriverAPINativeMethods.ModuleManagement.cuModuleGetFunction(ref function, new() { Pointer = handle }, name);
        if (result != CUResult.Success)
        {
            Context.Note(result);
            CudaErrors.Throw(result, "cuModuleGetFunction", name, null, null);
        }

        CudaKernelHandle kernel = new(this, function, name);
        CudaTrace.Write(1,
            $"kernel {name}: {kernel.Registers} registers, {kernel.StaticSharedBytes} B shared, {kernel.LocalBytes} B local, up to {kernel.MaxThreads} threads");
        return kernel;
    }

    /// <inheritdoc/>
    public override CUResult DestroyNative() => DriverAPINativeMethods.ModuleManagement.cuModuleUnload(new() { Pointer = handle });
}
