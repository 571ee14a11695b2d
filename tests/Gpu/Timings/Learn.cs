using System.Globalization;
using System.Text;
using Convoke.Cuda.Tests;
using Convoke.Gpu.Checks;

namespace Convoke.Gpu.Timings;

/// <summary>Program B on real MNIST, batch 128, from several seeds at each precision: how right it becomes, and when it first has 99 % of the test set.</summary>
internal static class Learn
{
    private const int Epochs = 10, Seeds = 5;

    private const double Goal = 0.99;

    private static readonly (string Name, Func<Device, ulong, Model> Create)[] Precisions =
    [
        ("Float32", static (device, seed) => ProgramB.Create(device, seed)),
        ("Float32x3", static (device, seed) => ProgramBF32x3.Create(device, seed)),
        ("TF32", static (device, seed) => ProgramBTf32.Create(device, seed)),
        ("BFloat16", static (device, seed) => ProgramBBf16.Create(device, seed)),
        ("Float16", static (device, seed) => ProgramBF16.Create(device, seed)),
    ];

    /// <summary>Trains, and prints a table; appends it to <paramref name="file"/>, if there is one.</summary>
    public static int Run(string folder, Device device, string? file)
    {
        ImageClassificationData mnist = Mnist.Load(folder);
        if (mnist.IsDrawn)
        {
            Console.Error.WriteLine($"{folder} holds no MNIST; drawn digits prove nothing here");
            return 1;
        }

        StringBuilder table = new("\n## Program B on MNIST, batch 128, ten epochs, five seeds\n\n| precision | test accuracy, mean | least | most | epochs to 99 %, median | training time to 99 %, the data's way to the device included, median | most |\n|---|---|---|---|---|---|---|\n");
        foreach ((string name, Func<Device, ulong, Model> create) in Precisions)
        {
            List<double> accuracies = [], seconds = [];
            List<int> epochs = [];
            try
            {
                for (ulong seed = 1; seed <= Seeds; seed++) Train(create(device, seed), mnist, accuracies, seconds, epochs);
            }
            catch (DeviceNotAvailableException refused)
            {
                Console.WriteLine(refused.Message);
                continue;
            }

            seconds.Sort();
            epochs.Sort();
            string reached = seconds.Count == Seeds ? string.Create(CultureInfo.InvariantCulture, $"{epochs[Seeds / 2]} | {seconds[Seeds / 2] * 1e3:0} ms | {seconds[^1] * 1e3:0} ms") : $"{seconds.Count} of {Seeds} seeds | - | -";
            table.Append(CultureInfo.InvariantCulture, $"| {name} | {accuracies.Average():0.00 %} | {accuracies.Min():0.00 %} | {accuracies.Max():0.00 %} | {reached} |\n");
        }

        Console.Write(table);
        if (file is not null) File.AppendAllText(file, table.ToString());
        return 0;
    }

    private static void Train(Model model, ImageClassificationData mnist, List<double> accuracies, List<double> seconds, List<int> epochs)
    {
        using Model owned = model;
        double spent = 0;
        bool reached = false;
        for (int epoch = 1; epoch <= Epochs; epoch++)
        {
            spent += model.Fit(mnist.Train, new() { BatchSize = 128 }).Epochs[0].Duration.TotalSeconds;
            double accuracy = model.Evaluate(mnist.Test).Accuracy ?? 0;
            if (accuracy >= Goal && !reached)
            {
                reached = true;
                seconds.Add(spent);
                epochs.Add(epoch);
            }

            if (epoch == Epochs) accuracies.Add(accuracy);
        }
    }
}
