namespace Convoke.EmulatedDriver;

/// <summary>Checks of what callers pass, alike for all entry points.</summary>
internal static unsafe class Require
{
    /// <exception cref="DriverError">InvalidValue: a result has nowhere to go.</exception>
    public static void Output(void* pointer)
    {
        if (pointer is null) throw new DriverError(Result.InvalidValue, "a null pointer where a result is to be written");
    }
}
