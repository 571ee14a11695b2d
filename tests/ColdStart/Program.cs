using System.Diagnostics;
using System.Globalization;

namespace Convoke.ColdStart;

/// <summary>Program B of tests/Benchmarks.</summary>
[Model(28, 28, 1, Defaults = Defaults.PyTorch)]
[Conv2D(32, 3, Activation = Activation.Relu)]
[MaxPool2D(2)]
[Conv2D(64, 3, Activation = Activation.Relu)]
[MaxPool2D(2)]
[Flatten]
[Dense(128, Activation = Activation.Relu)]
[Dense(10, Activation = Activation.Softmax)]
[Adam, CategoricalCrossentropy, Accuracy]
internal sealed partial class NetB;

/// <summary>
/// What a process needs that does nothing but train or predict with program B. <c>startup TIMESTAMP</c> prints milliseconds from that reading of the machine's
/// monotonic clock to the end of the first training step; <c>train STEPS</c> and <c>predict STEPS</c> print the peak of resident memory in megabytes.
/// </summary>
internal static class Program
{
    private const int Batch = 128, Pixels = 28 * 28, Classes = 10, Threads = 2;

    private static int Main(string[] args)
    {
        if (args is not [("startup" or "train" or "predict") and var what, var number] || !long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out long value))
        {
            Console.Error.WriteLine("usage: startup TIMESTAMP | train STEPS | predict STEPS");
            return 2;
        }

        float[] images = new float[Batch * Pixels], targets = new float[Batch * Classes];
        uint noise = 1;
        for (int i = 0; i < images.Length; i++)
        {
            noise = (noise * 1664525) + 1013904223;
            images[i] = (noise >> 8) * (2f / (1 << 24)) - 1f;
        }

        for (int n = 0; n < Batch; n++) targets[(n * Classes) + (n % Classes)] = 1;
        using NetB net = NetB.Create(Device.CpuThreads(Threads), seed: 1);
        for (long step = 0; step < (what == "startup" ? 1 : value); step++)
        {
            if (what == "predict") net.Predict(images, targets);
            else net.TrainStep(images, targets);
        }

        double result = what == "startup" ? Stopwatch.GetElapsedTime(value).TotalMilliseconds : PeakMegabytes();
        Console.WriteLine(result.ToString("R", CultureInfo.InvariantCulture));
        return 0;
    }

    private static double PeakMegabytes()
    {
        const string Key = "VmHWM:";
        string line = File.ReadLines("/proc/self/status").First(static line => line.StartsWith(Key, StringComparison.Ordinal));
        return long.Parse(line[Key.Length..].Replace("kB", "", StringComparison.Ordinal), NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture) / 1024.0;
    }
}
