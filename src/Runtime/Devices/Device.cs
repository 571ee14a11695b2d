using System.Globalization;
using System.Runtime.Intrinsics;
using Convoke.Compiled;

namespace Convoke;

/// <summary>Where a model computes: this machine's processor, with a number of threads.</summary>
/// <remarks>Results do not depend on the number of threads: the same seed gives bit-equal weights with one thread and with many.</remarks>
public sealed class Device
{
    private Device(string name, int threads) => (Name, Threads) = (name, threads);

    /// <summary>The fastest device of this machine: in this version the processor, see <see cref="Cpu"/>.</summary>
    public static Device Best => Cpu;

    /// <summary>The processor, with as many threads as it has logical processors (at most 32, the parts that a batch is cut into).</summary>
    public static Device Cpu { get; } = new("cpu", Math.Clamp(Environment.ProcessorCount, 1, CpuProgram.MaxTasks));

    /// <summary>Name by which <see cref="Parse"/> finds it: "cpu" or "cpu:2".</summary>
    public string Name { get; }

    /// <summary>Threads that compute, the caller's included.</summary>
    public int Threads { get; }

    /// <summary>One line for people: "CPU, 2 threads, 512-bit vectors".</summary>
    public string Description => string.Create(CultureInfo.InvariantCulture, $"CPU, {Threads} {(Threads == 1 ? "thread" : "threads")}, {VectorBits}-bit vectors");

    private static int VectorBits => Vector512.IsHardwareAccelerated ? 512 : Vector256.IsHardwareAccelerated ? 256 : 128;

    /// <summary>The processor with <paramref name="threads"/> threads, 1..32; more than it has logical processors is allowed and rarely faster.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="threads"/> is outside of 1..32.</exception>
    public static Device CpuThreads(int threads)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(threads, CpuProgram.MaxTasks);
        return new Device(string.Create(CultureInfo.InvariantCulture, $"cpu:{threads}"), threads);
    }

    /// <summary>The devices that this machine and this version have, fastest first.</summary>
    public static IReadOnlyList<Device> List() => [Cpu];

    /// <summary>The device of a command line's text: "best", "cpu" or "cpu:THREADS", in any case.</summary>
    /// <exception cref="DeviceNotAvailableException">There is no such device; the message lists what there is.</exception>
    public static Device Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        string name = text.Trim().ToLowerInvariant();
        if (name == "best") return Best;
        if (name == "cpu") return Cpu;
        if (name.StartsWith("cpu:", StringComparison.Ordinal))
        {
            return int.TryParse(name.AsSpan(4), NumberStyles.None, CultureInfo.InvariantCulture, out int threads) && threads >= 1 && threads <= CpuProgram.MaxTasks
                ? CpuThreads(threads)
                : throw NotAvailable(text, $"the number of threads is a whole number in 1..{CpuProgram.MaxTasks}");
        }
        bool cuda = name is "cuda" or "gpu" || name.StartsWith("cuda:", StringComparison.Ordinal);
        throw NotAvailable(text, cuda ? "this version has no CUDA back end" : "no device has that name");
    }

    /// <inheritdoc/>
    public override string ToString() => Name;

    private static DeviceNotAvailableException NotAvailable(string text, string reason) =>
        new($"Device \"{text}\" is not available: {reason}. There is: \"best\", \"cpu\" ({Cpu.Description}), \"cpu:THREADS\".");
}
