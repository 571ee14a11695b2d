using Convoke.Cuda.Tests;

namespace Convoke.Gpu.Checks;

/// <summary>Products on tensor cores: how far they are from float32, and that they are the same bits every time.</summary>
/// <remarks>
/// Of factors that are two TF32 numbers each only float32's own rounding is left. Of whole ones: that each product has the right factors is proven against an interpreter that
/// rounds them alike, on the emulated device. Here the rounding shows: of 2^11 or 2^8 steps a factor, and where it moves a sum across zero, ReLU opens or closes.
/// </remarks>
internal static class PrecisionChecks
{
    private const double SplitTolerance = 2e-5, Tf32Tolerance = 6e-2, Float16Tolerance = Tf32Tolerance, BFloat16Tolerance = 0.2;

    public static IReadOnlyList<DeviceCheck> All { get; } =
    [
        new("gradients-b-f32x3", "gradients of B in split factors are the CPU's up to rounding", true, static device => GradientsOrRefusal(static (d, s) => ProgramBF32x3.Create(d, s), device, SplitTolerance)),
        new("gradients-b-tf32", "gradients of B in TF32 are near the CPU's", true, static device => GradientsOrRefusal(static (d, s) => ProgramBTf32.Create(d, s), device, Tf32Tolerance)),
        new("gradients-b-bf16", "gradients of B in BF16 are near the CPU's", true, static device => GradientsOrRefusal(static (d, s) => ProgramBBf16.Create(d, s), device, BFloat16Tolerance)),
        new("gradients-b-f16", "gradients of B in halves are near the CPU's", true, static device => Gradients(static (d, s) => ProgramBF16.Create(d, s), device, Float16Tolerance)),
        new("repeat-b-f32x3", "two trainings of B in split factors from one seed end in the same bits", true, static device => RepeatOrRefusal(static (d, s) => ProgramBF32x3.Create(d, s), device)),
        new("repeat-b-tf32", "two trainings of B in TF32 from one seed end in the same bits", true, static device => RepeatOrRefusal(static (d, s) => ProgramBTf32.Create(d, s), device)),
        new("repeat-b-bf16", "two trainings of B in BF16 from one seed end in the same bits", true, static device => RepeatOrRefusal(static (d, s) => ProgramBBf16.Create(d, s), device)),
        new("repeat-b-f16", "two trainings of B in halves from one seed end in the same bits", true, static device => Repeat(static (d, s) => ProgramBF16.Create(d, s), device)),
    ];

    private static string GradientsOrRefusal(Func<Device, ulong, Model> create, Device device, double tolerance) => Refusal(create, device) ?? Gradients(create, device, tolerance);

    private static string RepeatOrRefusal(Func<Device, ulong, Model> create, Device device) => Refusal(create, device) ?? Repeat(create, device);

    /// <summary>Of what takes compute capability 8.0: an older device must say that it lacks it; null where the device has it.</summary>
    private static string? Refusal(Func<Device, ulong, Model> create, Device device)
    {
        if (!device.Description.Contains("compute capability 7.", StringComparison.Ordinal)) return null;
        string message = Expect.Throws<DeviceNotAvailableException>(() => create(device, Networks.Seed).Dispose()).Message;
        Expect.True(message.Contains("compute capability 8.0", StringComparison.Ordinal), message);
        return "refused, as it should be: the device has no such tensor cores";
    }

    private static string Gradients(Func<Device, ulong, Model> create, Device device, double tolerance)
    {
        using Model cpu = create(Device.Cpu, Networks.Seed), gpu = create(device, Networks.Seed);
        (float[] images, int[] labels) = Network.B.Batch(3, 5);
        Network.B.Step(cpu, images, labels, learn: false);
        Network.B.Step(gpu, images, labels, learn: false);
        double worst = 0;
        foreach ((Parameter e, Parameter a) in cpu.Parameters.Zip(gpu.Parameters))
        {
            float[] expected = new float[e.Count], actual = new float[a.Count];
            e.CopyGradientTo(expected);
            a.CopyGradientTo(actual);
            double difference = Math.Sqrt(expected.Zip(actual, static (x, y) => Math.Pow((double)x - y, 2)).Sum() / expected.Sum(static x => (double)x * x));
            Expect.True(difference <= tolerance, $"gradient of {e.Name}: {Expect.Text(difference)} of its length away from the CPU's, at most {Expect.Text(tolerance)} is allowed");
            worst = Math.Max(worst, difference);
        }

        Expect.True(worst > 0, "not one gradient differs from float32's: nothing was rounded");
        return $"gradients within {Expect.Text(worst)} of their length";
    }

    private static string Repeat(Func<Device, ulong, Model> create, Device device)
    {
        Expect.SameBits(Train(create, device), Train(create, device), "weights");
        return "equal bits";
    }

    private static List<float[]> Train(Func<Device, ulong, Model> create, Device device)
    {
        using Model model = create(device, Networks.Seed);
        model.Fit(Network.B.Data(5, bytes: true), new() { Epochs = 2, BatchSize = 3 });
        return Expect.Weights(model);
    }
}
