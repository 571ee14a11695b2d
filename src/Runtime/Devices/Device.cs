using System.Globalization;
using System.Runtime.Intrinsics;
using Convoke.Compiled;

namespace Convoke;

/// <summary>Where a model computes: this machine's processor, with a number of threads, or one of its NVIDIA GPUs.</summary>
/// <remarks>
/// On the processor results do not depend on the number of threads: the same seed gives bit-equal weights with one thread and with many. On one GPU they are
/// the same from run to run. Between devices they agree up to rounding: start values, shuffles and formulas are shared, orders of summation are not.
/// </remarks>
public sealed class Device
{
    private const string Variable = "CONVOKE_DEVICE";

    private readonly CudaDeviceInfo? _gpu;

    private Device(string name, int threads, CudaDeviceInfo? gpu = null, string? note = null) => (Name, Threads, _gpu, Note) = (name, threads, gpu, note);

    /// <summary>The fastest device of this machine: its first usable GPU, otherwise the processor, whose <see cref="Note"/> then says why. The variable CONVOKE_DEVICE decides where it is set.</summary>
    /// <exception cref="DeviceNotAvailableException">CONVOKE_DEVICE names a device that is not there.</exception>
    public static Device Best
    {
        get
        {
            if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } named && !IsBest(named)) return Parse(named);
            CudaProbe probe = CudaDriver.Probe();
            return probe.Available ? OfGpu(probe.Devices[0]) : new Device(Cpu.Name, Cpu.Threads, note: $"no GPU: {probe.Explanation}");
        }
    }

    /// <summary>The processor, with as many threads as it has logical processors (at most 32, the parts that a batch is cut into).</summary>
    public static Device Cpu { get; } = new("cpu", Math.Clamp(Environment.ProcessorCount, 1, CpuProgram.MaxTasks));

    /// <summary>Name by which <see cref="Parse"/> finds it: "cpu", "cpu:2" or "cuda:0".</summary>
    public string Name { get; }

    /// <summary>Threads of the processor that compute, the caller's included; on a GPU 1, which queues the work.</summary>
    public int Threads { get; }

    /// <summary>Why <see cref="Best"/> is no GPU, in one line; null for a device that was asked for.</summary>
    public string? Note { get; }

    /// <summary>Whether it is a GPU.</summary>
    public bool IsCuda => _gpu is not null;

    /// <summary>One line for people: "CPU, 2 threads, 512-bit vectors".</summary>
    public string Description => _gpu?.ToString()
        ?? string.Create(CultureInfo.InvariantCulture, $"CPU, {Threads} {(Threads == 1 ? "thread" : "threads")}, {VectorBits}-bit vectors");

    private static int VectorBits => Vector512.IsHardwareAccelerated ? 512 : Vector256.IsHardwareAccelerated ? 256 : 128;

    /// <summary>The processor with <paramref name="threads"/> threads, 1..32; more than it has logical processors is allowed and rarely faster.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="threads"/> is outside of 1..32.</exception>
    public static Device CpuThreads(int threads)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(threads, CpuProgram.MaxTasks);
        return new Device(string.Create(CultureInfo.InvariantCulture, $"cpu:{threads}"), threads);
    }

    /// <summary>An NVIDIA GPU. It needs the driver and NVRTC, NVIDIA's compiler of CUDA C; docs/gpu.md says where they are looked for.</summary>
    /// <param name="ordinal">The driver's number of it, from 0.</param>
    /// <exception cref="DeviceNotAvailableException">It cannot be used; the message says what was probed.</exception>
    public static Device Cuda(int ordinal = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(ordinal);
        CudaProbe probe = CudaDriver.Probe();
        string name = string.Create(CultureInfo.InvariantCulture, $"cuda:{ordinal}");
        return probe.Available && probe.Devices.FirstOrDefault(device => device.Ordinal == ordinal) is { } found ? OfGpu(found) : throw NotAvailable(name, probe.Explanation);
    }

    /// <summary>The devices that this machine has, fastest first.</summary>
    public static IReadOnlyList<Device> List() => CudaDriver.Probe() is { Available: true } probe ? [.. probe.Devices.Select(OfGpu), Cpu] : [Cpu];

    /// <summary>The device of a command line's text: "best", "cpu", "cpu:THREADS", "cuda" or "cuda:NUMBER", in any case.</summary>
    /// <exception cref="DeviceNotAvailableException">There is no such device; the message lists what there is.</exception>
    public static Device Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        string name = text.Trim().ToLowerInvariant();
        if (IsBest(name)) return Best;
        if (name == "cpu") return Cpu;
        if (name is "cuda" or "gpu") return Cuda();
        if (name.StartsWith("cpu:", StringComparison.Ordinal))
        {
            return int.TryParse(name.AsSpan(4), NumberStyles.None, CultureInfo.InvariantCulture, out int threads) && threads >= 1 && threads <= CpuProgram.MaxTasks
                ? CpuThreads(threads)
                : throw NotAvailable(text, $"the number of threads is a whole number in 1..{CpuProgram.MaxTasks}");
        }
        if (name.StartsWith("cuda:", StringComparison.Ordinal))
        {
            return int.TryParse(name.AsSpan(5), NumberStyles.None, CultureInfo.InvariantCulture, out int ordinal)
                ? Cuda(ordinal)
                : throw NotAvailable(text, "the number of a GPU is a whole number from 0");
        }
        throw NotAvailable(text, "no device has that name");
    }

    /// <inheritdoc/>
    public override string ToString() => Name;

    /// <summary>The engine of a model on this device.</summary>
    internal StepEngine CreateEngine(NetworkPlan plan, CpuProgram cpu, CudaProgram? cuda, ulong seed)
    {
        if (_gpu is null) return new CpuEngine(plan, cpu, Threads, seed);
        if (cuda is null) throw NotAvailable(Name, $"{plan.Name} was built without CUDA kernels");
        return new CudaEngine(
            plan, cpu, cuda, _gpu.Ordinal, seed, useGraphs: Environment.GetEnvironmentVariable("CONVOKE_CUDA_GRAPHS") != "0", tunes: Environment.GetEnvironmentVariable("CONVOKE_CUDA_AUTOTUNE") == "1");
    }

    private static bool IsBest(string text) => text.Trim().Equals("best", StringComparison.OrdinalIgnoreCase);

    private static Device OfGpu(CudaDeviceInfo gpu) => new(string.Create(CultureInfo.InvariantCulture, $"cuda:{gpu.Ordinal}"), 1, gpu);

    private static DeviceNotAvailableException NotAvailable(string text, string reason)
    {
        string gpus = string.Concat(CudaDriver.Probe().Devices.Select(static gpu => string.Create(CultureInfo.InvariantCulture, $", \"cuda:{gpu.Ordinal}\" ({gpu})")));
        return new($"Device \"{text}\" is not available: {reason}. There is: \"best\", \"cpu\" ({Cpu.Description}), \"cpu:THREADS\"{gpus}.");
    }
}
