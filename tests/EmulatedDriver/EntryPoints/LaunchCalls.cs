using System.Runtime.InteropServices;

namespace Convoke.EmulatedDriver;

/// <summary>Launches.</summary>
internal static unsafe class LaunchCalls
{
    /// <summary>CUlaunchConfig.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct LaunchConfig
    {
        public LaunchShape Shape;
        public nint Stream;
        public void* Attributes;
        public uint AttributeCount;
    }

    [UnmanagedCallersOnly(EntryPoint = nameof(cuLaunchKernel))]
    public static Result cuLaunchKernel(nint function, uint gridX, uint gridY, uint gridZ, uint blockX, uint blockY, uint blockZ, uint dynamicShared, nint stream,
        void** arguments, void** extra) => Call.InContext(context =>
        Launch(context, function, new(gridX, gridY, gridZ, blockX, blockY, blockZ, dynamicShared), stream, arguments, extra));

    [UnmanagedCallersOnly(EntryPoint = nameof(cuLaunchKernelEx))]
    public static Result cuLaunchKernelEx(LaunchConfig* config, nint function, void** arguments, void** extra) => Call.InContext(context =>
    {
        Require.Output(config);
        if (config->AttributeCount > 0) throw new DriverError(Result.NotSupported, "launch attributes (clusters, cooperative launches) are not emulated");
        Launch(context, function, config->Shape, config->Stream, arguments, extra);
    });

    private static void Launch(Context context, nint function, LaunchShape shape, nint stream, void** arguments, void** extra)
    {
        if (extra is not null) throw new DriverError(Result.NotSupported, "arguments in one buffer (extra) are not emulated");
        Stream queue = context.Stream(stream);
        context.Issue(queue, new KernelLaunchWork(Function.Of(function, context), shape, arguments));
    }
}
