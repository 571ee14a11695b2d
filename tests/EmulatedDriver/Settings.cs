using System.Globalization;

namespace Convoke.EmulatedDriver;

/// <summary>How the device behaves. Read from the environment (<c>CVK_EMU_SEED=3</c>) or from the text of <c>cvkEmuConfigure</c> (<c>seed=3;checks=none</c>).</summary>
/// <remarks>
/// In a .NET process only variables that were set before it started count: <see cref="Environment.SetEnvironmentVariable(string, string)"/> of the host changes
/// the host's copy, which the runtime in this library does not see. Tests therefore use cvkEmuConfigure.
/// </remarks>
internal sealed record Settings
{
    private const string Prefix = "CVK_EMU_";

    /// <summary>Chooses among the orders that streams allow, and the order of blocks and warps. 0: everything in the order of issue, as a device without concurrency.</summary>
    public int Seed { get; init; } = 1;

    public bool DetectRaces { get; init; } = true;

    public bool DetectUninitialized { get; init; } = true;

    /// <summary>Whether launches count instructions, sectors and conflicts (cvkEmuCounters); the number of launches is counted always.</summary>
    public bool Count { get; init; }

    /// <summary>Whether asynchronous copies inside of kernels complete as late as they may.</summary>
    public bool PessimisticAsync { get; init; }

    /// <summary>Compute capability without the dot: 90 is 9.0.</summary>
    public int Architecture { get; init; } = 90;

    public int Multiprocessors { get; init; } = 132;

    public long MemoryBytes { get; init; } = 4L << 30;

    public int Devices { get; init; } = 1;

    /// <summary>As cuDriverGetVersion gives it: 12040 is 12.4.</summary>
    public int DriverVersion { get; init; } = 13000;

    /// <summary>Host threads that run the blocks of a launch.</summary>
    public int Threads { get; init; } = 1;

    private static readonly string[] Keys =
        ["seed", "checks", "count", "pessimistic_async", "arch", "multiprocessors", "memory_mb", "devices", "driver_version", "threads"];

    public static Settings FromEnvironment()
    {
        var settings = new Settings();
        foreach (string key in Keys)
        {
            if (Environment.GetEnvironmentVariable(Prefix + key.ToUpperInvariant()) is { Length: > 0 } value) settings = settings.With(key, value);
        }

        return settings;
    }

    /// <param name="text">Pairs key=value, separated by semicolons.</param>
    /// <exception cref="DriverError">InvalidValue: an unknown key, or a value that is not one.</exception>
    public Settings With(string text)
    {
        Settings settings = this;
        foreach (string pair in text.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (pair.Split('=', 2) is not [var key, var value]) throw new DriverError(Result.InvalidValue, $"\"{pair}\" is not key=value");
            settings = settings.With(key.Trim(), value.Trim());
        }

        return settings;
    }

    private Settings With(string key, string value) => key switch
    {
        "seed" => this with { Seed = Number(key, value, 0, int.MaxValue) },
        "checks" => WithChecks(value),
        "count" => this with { Count = Number(key, value, 0, 1) == 1 },
        "pessimistic_async" => this with { PessimisticAsync = Number(key, value, 0, 1) == 1 },
        "arch" => this with { Architecture = Number(key, value, 50, 129) },
        "multiprocessors" => this with { Multiprocessors = Number(key, value, 1, 1024) },
        "memory_mb" => this with { MemoryBytes = (long)Number(key, value, 1, 1 << 20) << 20 },
        "devices" => this with { Devices = Number(key, value, 0, 8) },
        "driver_version" => this with { DriverVersion = Number(key, value, 11000, 19999) },
        "threads" => this with { Threads = Number(key, value, 1, 256) },
        _ => throw new DriverError(Result.InvalidValue, $"\"{key}\" is no setting; there are {string.Join(", ", Keys)}"),
    };

    private Settings WithChecks(string value)
    {
        string[] wanted = value.Split(',', StringSplitOptions.TrimEntries);
        if (wanted.FirstOrDefault(static name => name is not ("all" or "none" or "races" or "init")) is { } unknown)
            throw new DriverError(Result.InvalidValue, $"\"{unknown}\" is no check; there are all, none, races, init");
        return this with { DetectRaces = wanted.Contains("all") || wanted.Contains("races"), DetectUninitialized = wanted.Contains("all") || wanted.Contains("init") };
    }

    private static int Number(string key, string value, int least, int most) =>
        int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number >= least && number <= most
            ? number
            : throw new DriverError(Result.InvalidValue, $"{key} is a whole number from {least} to {most}, not \"{value}\"");
}
