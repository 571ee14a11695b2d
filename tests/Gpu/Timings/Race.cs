using System.Globalization;
using Convoke.Cuda.Tests;

namespace Convoke.Gpu.Timings;

/// <summary>Convoke as a contender of <c>tests/Benchmarks/gpu/race.py</c>: an epoch for each line that it is sent.</summary>
internal static class Race
{
    private const ulong Seed = 42;

    private const int Digits = 60_000, Pictures = 50_000;

    private static readonly (string Name, Func<string, Device, Model?> Create)[] Variants =
    [
        ("fp32", static (program, device) => program switch { "A" => ProgramA.Create(device, Seed), "B" => ProgramB.Create(device, Seed), _ => ProgramC.Create(device, Seed) }),
        ("f32x3", static (program, device) => program switch { "A" => ProgramAF32x3.Create(device, Seed), "B" => ProgramBF32x3.Create(device, Seed), _ => ProgramCF32x3.Create(device, Seed) }),
        ("tf32", static (program, device) => program switch { "A" => ProgramATf32.Create(device, Seed), "B" => ProgramBTf32.Create(device, Seed), _ => ProgramCTf32.Create(device, Seed) }),
        ("bf16", static (program, device) => program switch { "A" => null, "B" => ProgramBBf16.Create(device, Seed), _ => ProgramCBf16.Create(device, Seed) }),
        ("f16", static (program, device) => program == "B" ? ProgramBF16.Create(device, Seed) : null),
    ];

    /// <summary>Program A, B or C at a batch size, "B:128", and at one precision where it is named behind that, "B:128:tf32".</summary>
    public static int Run(string race, Device device)
    {
        string[] parts = race.Split(':');
        if (parts[0] is not ("A" or "B" or "C")) throw new ArgumentException($"there is no program {parts[0]}", nameof(race));
        FitOptions options = new() { BatchSize = int.Parse(parts[1], CultureInfo.InvariantCulture) };
        Dataset data = parts[0] == "C" ? Noise() : DrawnDigits.Create(trainCount: Digits, testCount: 1).Train;
        Dictionary<string, Model> models = [];
        foreach ((string name, Func<string, Device, Model?> create) in Variants)
        {
            if (parts.Length > 2 && parts[2] != name) continue;
            // A's convolution and its wide last layer are float32 in every mode: one of the two modes for tensor cores shows what is left. Halves are for GPUs that have neither: one program shows them.
            if (Created(() => create(parts[0], device)) is not { } model) continue;
            models[name] = model;
            // The first epoch copies the data set and captures the graphs, the second sees the last batch's graph.
            model.Fit(data, options with { Epochs = 2 });
            Console.WriteLine($"ready {name}");
        }

        Console.WriteLine("go");
        while (Console.ReadLine() is { } variant)
            Console.WriteLine(models[variant].Fit(data, options).Epochs[0].Duration.TotalSeconds.ToString("0.000000", CultureInfo.InvariantCulture));
        foreach (Model model in models.Values) model.Dispose();
        return 0;
    }

    /// <summary>Null where the device has no such tensor cores, too.</summary>
    private static Model? Created(Func<Model?> create)
    {
        try
        {
            return create();
        }
        catch (DeviceNotAvailableException)
        {
            return null;
        }
    }

    /// <summary>As many pictures as CIFAR-10 has for training: time does not depend on what they show.</summary>
    private static Dataset Noise()
    {
        Random random = new(1);
        byte[] pixels = new byte[Pictures * 3 * 32 * 32];
        random.NextBytes(pixels);
        int[] labels = [.. Enumerable.Range(0, Pictures).Select(_ => random.Next(10))];
        return Dataset.FromBytes("noise", pixels, labels, 32, 32, 3, 10, Layout.ChannelsFirst);
    }
}
