namespace Convoke.EmulatedDriver;

/// <summary>The state of the library. Everything in it is guarded by <see cref="Gate"/>, which every entry point holds while it runs.</summary>
internal static class Driver
{
    [ThreadStatic]
    private static nint _current;

    public static Lock Gate { get; } = new();

    public static Settings Settings { get; private set; } = new();

    public static bool IsInitialized { get; private set; }

    public static IReadOnlyList<Device> Devices { get; private set; } = [];

    public static HandleTable Handles { get; private set; } = new();

    /// <summary>Live contexts by handle. A handle outlives a reset of its context, but not the context's destruction.</summary>
    public static Dictionary<nint, Context> Contexts { get; } = [];

    public static CallLog Calls { get; private set; } = new();

    public static KernelCounters Counters { get; private set; } = new();

    /// <summary>Why the last call was refused or the last context was lost.</summary>
    public static string LastFault { get; set; } = "";

    /// <summary>Resources that were still alive when their healthy context was destroyed: leaks that the destruction hid.</summary>
    public static int Collected { get; set; }

    /// <summary>The handle of the calling thread's context, zero when it has none.</summary>
    public static nint CurrentHandle
    {
        get => _current;
        set => _current = value;
    }

    public static void Initialize()
    {
        if (IsInitialized) return;
        Settings = SettingsBeforeInitialization;
        if (Settings.Devices == 0) throw new DriverError(Result.NoDevice, "the setting devices is 0");
        Devices = [.. Enumerable.Range(0, Settings.Devices).Select(static ordinal => new Device(ordinal, Settings))];
        IsInitialized = true;
    }

    private static bool _configured;

    /// <summary>What <see cref="Initialize"/> will take: the version is known before.</summary>
    public static Settings SettingsBeforeInitialization => IsInitialized || _configured ? Settings : Settings.FromEnvironment();

    /// <summary>Changes settings. Seed, checks and threads count from the next operation, the rest from the next <see cref="Initialize"/>.</summary>
    public static void Configure(string text)
    {
        Settings = SettingsBeforeInitialization.With(text);
        _configured = true;
    }

    /// <summary>As if the library had just been loaded: nothing lives, nothing is injected, settings are the environment's.</summary>
    public static void Reset()
    {
        foreach (Context context in Contexts.Values.ToArray()) context.Destroy();
        (IsInitialized, _configured, Settings) = (false, false, new());
        (Devices, Handles, Calls, Counters) = ([], new(), new(), new());
        (LastFault, Collected) = ("", 0);
    }

    /// <exception cref="DriverError">InvalidContext: the thread has none. ContextIsDestroyed: it had one.</exception>
    public static Context Current() =>
        _current == 0 ? throw new DriverError(Result.InvalidContext, "no context is current on this thread")
        : Contexts.GetValueOrDefault(_current) ?? throw new DriverError(Result.ContextIsDestroyed, "the context of this thread was destroyed");

    public static Device Device(int ordinal) =>
        ordinal >= 0 && ordinal < Devices.Count ? Devices[ordinal] : throw new DriverError(Result.InvalidDevice, $"there is no device {ordinal}");
}
