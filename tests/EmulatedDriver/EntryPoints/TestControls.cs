using System.Runtime.InteropServices;

namespace Convoke.EmulatedDriver;

/// <summary>Exports that no real driver has: what tests set, break and count. Their calls are not counted and cannot be made to fail.</summary>
internal static unsafe class TestControls
{
    /// <summary>As if the library had just been loaded. Handles, device pointers and pinned pointers from before are dead.</summary>
    [UnmanagedCallersOnly(EntryPoint = nameof(cvkEmuReset))]
    public static Result cvkEmuReset() => Control(Driver.Reset);

    /// <param name="settings">Pairs key=value separated by semicolons; keys as in <see cref="Settings"/>, for example "seed=3;checks=all".</param>
    [UnmanagedCallersOnly(EntryPoint = nameof(cvkEmuConfigure))]
    public static Result cvkEmuConfigure(byte* settings) => Control(() => Driver.Configure(Text.Read(settings)));

    /// <summary>The nth call of a function from now returns a code and does nothing; nth 0 takes back what has not happened.</summary>
    [UnmanagedCallersOnly(EntryPoint = nameof(cvkEmuInject))]
    public static Result cvkEmuInject(byte* function, int nth, int code) => Control(() => Driver.Calls.Inject(Text.Read(function), nth, (Result)code));

    /// <summary>Calls of a function since the last reset; -1 without a name.</summary>
    [UnmanagedCallersOnly(EntryPoint = nameof(cvkEmuCalls))]
    public static int cvkEmuCalls(byte* function)
    {
        int count = -1;
        Control(() => count = Driver.Calls.Count(Text.Read(function)));
        return count;
    }

    [UnmanagedCallersOnly(EntryPoint = nameof(cvkEmuLeaks))]
    public static Result cvkEmuLeaks(Leaks* leaks) => Control(() =>
    {
        Require.Output(leaks);
        *leaks = Leaks.Count();
    });

    /// <summary>Why the last failing call failed, zero-terminated and cut to the buffer.</summary>
    /// <returns>Bytes of the whole text.</returns>
    [UnmanagedCallersOnly(EntryPoint = nameof(cvkEmuLastFault))]
    public static int cvkEmuLastFault(byte* buffer, int bytes)
    {
        lock (Driver.Gate) return Text.Write(Driver.LastFault, buffer, bytes);
    }

    /// <summary>Sums over a kernel's launches; all zero for one that never ran.</summary>
    [UnmanagedCallersOnly(EntryPoint = nameof(cvkEmuCounters))]
    public static Result cvkEmuCounters(byte* kernel, CountersOfKernel* counters) => Control(() =>
    {
        Require.Output(counters);
        *counters = Driver.Counters.Of(Text.Read(kernel));
    });

    private static Result Control(Action body)
    {
        lock (Driver.Gate)
        {
            try
            {
                body();
                return Result.Success;
            }
            catch (DriverError error)
            {
                Driver.LastFault = error.Message;
                return error.Code;
            }
            catch (Exception fault)
            {
                Driver.LastFault = $"the emulated driver failed: {fault}";
                return Result.Unknown;
            }
        }
    }
}
