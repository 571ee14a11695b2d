using System.Runtime.InteropServices;

namespace Convoke.EmulatedDriver;

/// <summary>Modules, libraries and kernels.</summary>
internal static unsafe class ModuleCalls
{
    // CUjit_option
    private const int InfoLog = 3, InfoLogBytes = 4, ErrorLog = 5, ErrorLogBytes = 6;

    [UnmanagedCallersOnly(EntryPoint = nameof(cuModuleLoadData))]
    public static Result cuModuleLoadData(nint* module, void* image) => Call.InContext(context => *module = Load(context, module, image));

    [UnmanagedCallersOnly(EntryPoint = nameof(cuModuleLoadDataEx))]
    public static Result cuModuleLoadDataEx(nint* module, void* image, uint optionCount, int* options, void** values) => Call.InContext(context =>
    {
        try
        {
            *module = Load(context, module, image);
            WriteLog(options, values, optionCount, InfoLog, InfoLogBytes, "");
            WriteLog(options, values, optionCount, ErrorLog, ErrorLogBytes, "");
        }
        catch (DriverError error)
        {
            WriteLog(options, values, optionCount, ErrorLog, ErrorLogBytes, error.Message);
            throw;
        }
    });

    [UnmanagedCallersOnly(EntryPoint = nameof(cuModuleUnload))]
    public static Result cuModuleUnload(nint module) => Call.InContext(context =>
    {
        CaptureRules.RefuseUnsafe(context);
        Module found = Driver.Handles.Get<Module>(module, context);
        // Launches of its kernels that are still queued need it.
        context.Scheduler.DrainTo(0);
        found.Unload();
    });

    [UnmanagedCallersOnly(EntryPoint = nameof(cuModuleGetFunction))]
    public static Result cuModuleGetFunction(nint* function, nint module, byte* name) => Call.InContext(context =>
    {
        Require.Output(function);
        *function = Driver.Handles.Get<Module>(module, context).Function(Text.Read(name)).Handle;
    });

    [UnmanagedCallersOnly(EntryPoint = nameof(cuModuleGetGlobal_v2))]
    public static Result cuModuleGetGlobal_v2(ulong* address, nuint* bytes, nint module, byte* name) => Call.InContext(context =>
    {
        Module found = Driver.Handles.Get<Module>(module, context);
        if (!context.Memory.Place(found.Ptx).TryGetValue(Text.Read(name), out ulong start))
            throw new DriverError(Result.NotFound, $"there is no variable \"{Text.Read(name)}\"");
        if (address is not null) *address = start;
        if (bytes is not null) *bytes = (nuint)context.Memory.Find(start)!.Value.Bytes;
    });

    /// <remarks>The image is for the first device: all devices here have one compute capability.</remarks>
    [UnmanagedCallersOnly(EntryPoint = nameof(cuLibraryLoadData))]
    public static Result cuLibraryLoadData(nint* library, void* code, int* jitOptions, void** jitValues, uint jitOptionCount, int* libraryOptions, void** libraryValues,
        uint libraryOptionCount) => Call.Initialized(() =>
    {
        Require.Output(library);
        try
        {
            *library = Driver.Handles.Add(new Library(ModuleImage.Load((byte*)code, Driver.Devices[0]))).Handle;
        }
        catch (DriverError error)
        {
            WriteLog(jitOptions, jitValues, jitOptionCount, ErrorLog, ErrorLogBytes, error.Message);
            throw;
        }
    });

    [UnmanagedCallersOnly(EntryPoint = nameof(cuLibraryUnload))]
    public static Result cuLibraryUnload(nint library) => Call.Initialized(() =>
    {
        Library found = Driver.Handles.Get<Library>(library);
        foreach (Context context in Driver.Contexts.Values) context.Scheduler.DrainTo(0);
        found.Unload();
    });

    [UnmanagedCallersOnly(EntryPoint = nameof(cuLibraryGetKernel))]
    public static Result cuLibraryGetKernel(nint* kernel, nint library, byte* name) => Call.Initialized(() =>
    {
        Require.Output(kernel);
        *kernel = Driver.Handles.Get<Library>(library).Kernel(Text.Read(name)).Handle;
    });

    [UnmanagedCallersOnly(EntryPoint = nameof(cuKernelGetFunction))]
    public static Result cuKernelGetFunction(nint* function, nint kernel) => Call.InContext(context =>
    {
        Require.Output(function);
        *function = Driver.Handles.Get<LibraryKernel>(kernel).In(context).Handle;
    });

    [UnmanagedCallersOnly(EntryPoint = nameof(cuFuncGetAttribute))]
    public static Result cuFuncGetAttribute(int* value, int attribute, nint function) => Call.InContext(context =>
    {
        Require.Output(value);
        *value = Function.Of(function, context).Attribute(attribute);
    });

    [UnmanagedCallersOnly(EntryPoint = nameof(cuFuncSetAttribute))]
    public static Result cuFuncSetAttribute(nint function, int attribute, int value) => Call.InContext(context =>
        Function.Of(function, context).SetAttribute(attribute, value));

    [UnmanagedCallersOnly(EntryPoint = nameof(cuOccupancyMaxActiveBlocksPerMultiprocessor))]
    public static Result cuOccupancyMaxActiveBlocksPerMultiprocessor(int* blocks, nint function, int threads, nuint dynamicShared) => Call.InContext(context =>
    {
        Require.Output(blocks);
        Function found = Function.Of(function, context);
        if (threads <= 0) throw new DriverError(Result.InvalidValue, $"{threads} threads a block");
        bool fits = threads <= found.Kernel.MaxThreads && dynamicShared <= (nuint)found.MaxDynamicShared;
        *blocks = fits ? context.Device.Limits.ActiveBlocks(threads, found.Kernel.StaticSharedBytes + (int)dynamicShared) : 0;
    });

    private static nint Load(Context context, void* module, void* image)
    {
        Require.Output(module);
        // Loading may allocate device memory.
        CaptureRules.RefuseUnsafe(context);
        return Driver.Handles.Add(new Module(context, ModuleImage.Load((byte*)image, context.Device), isOfLibrary: false)).Handle;
    }

    /// <summary>Writes into the log buffer that the caller gave among the options, if it gave one.</summary>
    private static void WriteLog(int* options, void** values, uint count, int buffer, int size, string text)
    {
        byte* to = null;
        int bytes = 0;
        for (uint i = 0; options is not null && values is not null && i < count; i++)
        {
            // Numbers stand in the array itself, in the place of a pointer.
            if (options[i] == buffer) to = (byte*)values[i];
            if (options[i] == size) bytes = (int)(nint)values[i];
        }

        if (to is not null) Text.Write(text, to, bytes);
    }
}
