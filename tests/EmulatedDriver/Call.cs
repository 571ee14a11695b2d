using System.Runtime.CompilerServices;

namespace Convoke.EmulatedDriver;

/// <summary>The way into the driver: every entry point runs its body through one of these, so that all count, fail and report alike.</summary>
internal static class Call
{
    /// <summary>A call that needs nothing: cuInit, cuDriverGetVersion, error names, test controls.</summary>
    public static Result Free(Action body, [CallerMemberName] string function = "") => Run(function, _ => { body(); return Result.Success; }, Needs.Nothing);

    /// <summary>A call that needs cuInit before it.</summary>
    public static Result Initialized(Action body, [CallerMemberName] string function = "") =>
        Run(function, _ => { body(); return Result.Success; }, Needs.Initialization);

    /// <summary>A call that needs a current, healthy context.</summary>
    public static Result InContext(Action<Context> body, [CallerMemberName] string function = "") =>
        Run(function, context => { body(context!); return Result.Success; }, Needs.Context);

    /// <summary>As <see cref="InContext"/>, for calls to which "not ready" is an answer, not a failure.</summary>
    public static Result Query(Func<Context, Result> body, [CallerMemberName] string function = "") => Run(function, body!, Needs.Context);

    private enum Needs
    {
        Nothing,
        Initialization,
        Context,
    }

    private static Result Run(string function, Func<Context?, Result> body, Needs needs)
    {
        lock (Driver.Gate)
        {
            try
            {
                if (Driver.Calls.Enter(function) is var injected and not Result.Success) return Injected(function, injected);
                if (needs != Needs.Nothing && !Driver.IsInitialized) throw new DriverError(Result.NotInitialized, "cuInit comes first");
                Context? context = needs == Needs.Context ? Driver.Current() : null;
                if (context is { IsLost: true }) return context.LostBy;
                Result result = body(context);
                // Work that ran meanwhile may have failed: the first call that can say so does.
                return context is { IsLost: true } ? context.LostBy : result;
            }
            catch (DriverError error)
            {
                Driver.LastFault = $"{function}: {error.Message}";
                return error.Code;
            }
            catch (Exception fault)
            {
                // A fault of the emulator itself. An exception that left an unmanaged entry point would end the process without a word.
                Driver.LastFault = $"{function}: the emulated driver failed: {fault}";
                return Result.Unknown;
            }
        }
    }

    private static Result Injected(string function, Result code)
    {
        Driver.LastFault = $"{function}: injected {code}";
        if (IsSticky(code) && Driver.Contexts.TryGetValue(Driver.CurrentHandle, out Context? context)) context.Lose(code, Driver.LastFault);
        return code;
    }

    /// <summary>Errors after which a real context answers nothing else until it is reset.</summary>
    private static bool IsSticky(Result code) => code is Result.IllegalAddress or Result.LaunchTimeout or Result.Assert or Result.HardwareStackError
        or Result.IllegalInstruction or Result.MisalignedAddress or Result.InvalidAddressSpace or Result.InvalidPc or Result.LaunchFailed
        or Result.EccUncorrectable or Result.NvlinkUncorrectable;
}
