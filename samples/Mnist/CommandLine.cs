using System.CommandLine;
using Convoke;

namespace MnistSample;

/// <summary>What the user asked for.</summary>
internal sealed record Settings(string? DataFolder, bool Fashion, string Model, int Epochs, int BatchSize, int Images, ulong Seed, string Device);

/// <summary>Options, Ctrl-C and exit codes: 0 done, 1 failed with one clear message, 130 stopped by Ctrl-C.</summary>
internal static class CommandLine
{
    /// <summary>Parses <paramref name="args"/> and runs <paramref name="train"/>; its result is the exit code.</summary>
    public static int Run(string[] args, Func<Settings, CancellationToken, int> train)
    {
        Option<string?> data = new("--data") { HelpName = "DIR", Description = "Folder with the four IDX files (without it: $CONVOKE_DATA, the cache, download, or drawn digits)" };
        Option<bool> fashion = new("--fashion") { Description = "Train on Fashion-MNIST instead of MNIST" };
        Option<string> model = new("--model") { DefaultValueFactory = _ => "simple", Description = "Network to train" };
        Option<int> epochs = AtLeastOne("--epochs", 10, "Passes over the training set");
        Option<int> batch = AtLeastOne("--batch", 128, "Images per step");
        Option<int> images = AtLeastOne("--images", 60_000, "Training images to use, and at most as many to test");
        Option<ulong> seed = new("--seed") { DefaultValueFactory = _ => 42, Description = "Seed of weights and order: equal seeds give equal results" };
        Option<string> device = new("--device") { DefaultValueFactory = _ => "best", Description = "Where to train: best (a GPU where there is one), cpu, cpu:THREADS, cuda, cuda:NUMBER" };
        model.AcceptOnlyFromAmong("simple", "keras");

        RootCommand root = new("Trains a convolutional network on MNIST with Convoke.") { data, fashion, model, epochs, batch, images, seed, device };
        root.SetAction(parsed => Guarded(ctrlC => train(
            new(parsed.GetValue(data), parsed.GetValue(fashion), parsed.GetValue(model)!, parsed.GetValue(epochs), parsed.GetValue(batch), parsed.GetValue(images), parsed.GetValue(seed), parsed.GetValue(device)!),
            ctrlC)));
        return root.Parse(args).Invoke();
    }

    private static Option<int> AtLeastOne(string name, int byDefault, string description)
    {
        Option<int> option = new(name) { DefaultValueFactory = _ => byDefault, Description = description, HelpName = "N" };
        option.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && int.TryParse(token.Value, out int value) && value < 1) result.AddError($"{name} must be at least 1, not {value}.");
        });
        return option;
    }

    private static int Guarded(Func<CancellationToken, int> run)
    {
        using CancellationTokenSource stop = new();
        void OnCtrlC(object? sender, ConsoleCancelEventArgs press)
        {
            // The first press asks for an end after the step in flight; a second one ends the process as usual.
            press.Cancel = !stop.IsCancellationRequested;
            stop.Cancel();
        }

        Console.CancelKeyPress += OnCtrlC;
        try
        {
            return run(stop.Token);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            Console.WriteLine("Stopped by Ctrl-C during the test.");
            return 130;
        }
        catch (ConvokeException error)
        {
            Console.Error.WriteLine($"error: {error.Message}");
            return 1;
        }
        finally
        {
            Console.CancelKeyPress -= OnCtrlC;
        }
    }
}
