using Convoke.Gpu.Checks;

namespace Convoke.Cuda.Tests.OnDevice;

/// <summary>What tests/Gpu checks on a GPU, on the emulated one: the whole runtime path, from the model down to the driver's entry points.</summary>
[Collection(DriverTests.Name)]
public sealed class DeviceCheckTests : IDisposable
{
    private const string ImageVariable = "CONVOKE_CUDA_IMAGE";
    private readonly string? _image = Environment.GetEnvironmentVariable(ImageVariable);

    /// <summary>The emulated driver takes PTX only: a cubin would be compiled to be refused.</summary>
    public DeviceCheckTests() => Environment.SetEnvironmentVariable(ImageVariable, "ptx");

    public static TheoryData<string> Names => [.. DeviceCheck.All.Select(static check => check.Name)];

    /// <summary>Checks that between them run every kernel and every kind of copy.</summary>
    public static TheoryData<string> Watched => ["train-a", "train-b", "train-color", "train-growing", "gradients-color", "predict-b", "fit-color-bytes-first", "evaluate", "nan-fit"];

    public void Dispose() => Environment.SetEnvironmentVariable(ImageVariable, _image);

    [EmulatedTheory, MemberData(nameof(Names))]
    public void A_check_holds(string name) => Run(name, "checks=none;threads=2");

    [EmulatedTheory, MemberData(nameof(Watched))]
    public void No_race_and_no_stray_access(string name)
    {
        for (int seed = 1; seed <= 2; seed++) Run(name, $"checks=all;seed={seed}");
    }

    /// <summary>A device that is older than the other precisions: it trains in halves, whose text is another one there, and refuses the others, which their checks expect.</summary>
    [EmulatedFact]
    public void Turing_has_halves_alone()
    {
        (int code, string output, string errors) = ChildProcess.Run("precisions", ("CONVOKE_CUDA_DRIVER", EmulatedDriver.File), ("CONVOKE_CUDA_IMAGE", "ptx"), ("CVK_EMU_ARCH", "75"));
        Assert.True(code == 0, errors);
        string[] found = output.Split('\n');
        Assert.Equal(["gradients-b-f32x3", "gradients-b-tf32", "gradients-b-bf16"], found.Where(static line => line.Contains(": refused", StringComparison.Ordinal)).Select(static line => line.Split(':')[0]));
        Assert.StartsWith("gradients-b-f16: gradients within ", Assert.Single(found, static line => !line.Contains(": refused", StringComparison.Ordinal)), StringComparison.Ordinal);
    }

    /// <summary>The order in which streams and blocks run must not show.</summary>
    [EmulatedFact]
    public void Two_orders_of_execution_give_equal_bits()
    {
        List<float[]> Train(int seed)
        {
            EmulatedDriver.Restart($"checks=none;memory_mb=256;seed={seed}");
            using Model model = ProgramB.Create(Device.Cuda(), seed: 3);
            model.Fit(Network.B.Data(11, bytes: true), new() { Epochs = 3, BatchSize = 4 });
            return Expect.Weights(model);
        }

        Expect.SameBits(Train(seed: 0), Train(seed: 5), "weights");
    }

    /// <summary>A check must be able to fail: a weight that is one part in a thousand off is seen.</summary>
    [Fact]
    public void A_difference_is_seen()
    {
        float[] expected = [1, -2, 0.5f], actual = [1, -2.002f, 0.5f];
        Assert.Contains("x[1]: expected -2, got -2.002", Assert.Throws<CheckFailedException>(() => Expect.Near(expected, actual, 1e-4, "x")).Message, StringComparison.Ordinal);
        Assert.Throws<CheckFailedException>(() => Expect.Near(expected, [1, float.NaN, 0.5f], 1e-4, "x"));
        Assert.Throws<CheckFailedException>(() => Expect.SameBits(expected, [1, -2, 0.50000006f], "x"));
        Assert.Equal(0, Expect.Near(expected, expected, 1e-4, "x"));
    }

    [Fact]
    public void Names_are_unique() => Assert.Equal(DeviceCheck.All.Count, DeviceCheck.All.Select(static check => check.Name).Distinct().Count());

    private static void Run(string name, string settings)
    {
        EmulatedDriver.Restart("memory_mb=256;" + settings);
        DeviceCheck check = DeviceCheck.All.Single(check => check.Name == name);
        check.Run(Device.Cuda());
        EmulatedDriver.EndTest();
    }
}
