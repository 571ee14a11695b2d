using System.CommandLine;
using Convoke;

namespace Cifar10Sample;

/// <summary>What the user asked for.</summary>
internal sealed record Settings(string? DataFolder, int Epochs, ulong Seed, string Device, string? Plot);

/// <summary>Options and exit codes: 0 done, 1 failed with one clear message.</summary>
internal static class CommandLine
{
    /// <summary>Parses <paramref name="args"/> and runs <paramref name="train"/>; its result is the exit code.</summary>
    public static int Run(string[] args, Func<Settings, int> train)
    {
        Option<string?> data = new("--data") { HelpName = "DIR", Description = "Folder with data_batch_1.bin to data_batch_5.bin and test_batch.bin (plain or .gz), or with cifar-10-binary.tar.gz; some training batches are enough (without it: $CONVOKE_DATA, the cache, or a download of 170 MB)" };
        Option<int> epochs = new("--epochs") { HelpName = "N", DefaultValueFactory = _ => 10, Description = "Passes over the training set" };
        Option<ulong> seed = new("--seed") { DefaultValueFactory = _ => 42, Description = "Seed of weights and order: equal seeds give equal results" };
        Option<string> device = new("--device") { DefaultValueFactory = _ => "best", Description = "Where to train: best (a GPU where there is one), cpu, cpu:THREADS, cuda, cuda:NUMBER" };
        Option<string?> plot = new("--plot") { HelpName = "FILE", Description = "PNG to write: curves of loss and accuracy, and test images with predicted and true class" };
        epochs.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && int.TryParse(token.Value, out int value) && value < 1) result.AddError($"--epochs must be at least 1, not {value}.");
        });
        plot.Validators.Add(result =>
        {
            // Found out now, not after hours of training.
            if (result.Tokens is [var token] && !Directory.Exists(Path.GetDirectoryName(Path.GetFullPath(token.Value)))) result.AddError($"--plot {token.Value}: its folder does not exist.");
        });

        RootCommand root = new("Trains a convolutional network on CIFAR-10 with Convoke, by a loop of its own.") { data, epochs, seed, device, plot };
        root.SetAction(parsed => Guarded(() => train(new(parsed.GetValue(data), parsed.GetValue(epochs), parsed.GetValue(seed), parsed.GetValue(device)!, parsed.GetValue(plot)))));
        return root.Parse(args).Invoke();
    }

    private static int Guarded(Func<int> run)
    {
        try
        {
            return run();
        }
        catch (Exception error) when (error is ConvokeException or IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine($"error: {error.Message}");
            return 1;
        }
    }
}
