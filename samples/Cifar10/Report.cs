using System.Globalization;
using Convoke;

namespace Cifar10Sample;

/// <summary>What is printed.</summary>
internal static class Report
{
    /// <summary>Where it trains, and why not on a GPU.</summary>
    public static void Device(Device device)
    {
        Console.WriteLine($"Device: {device.Description}");
        if (device.Note is { } note) Console.WriteLine($"        ({note})");
    }

    /// <summary>Means over the epoch's steps, and the test after it.</summary>
    public static void Epoch(int epoch, int epochs, Curves curves)
    {
        (double loss, double accuracy) = curves.LastEpoch();
        Evaluation test = curves.Tests[^1];
        Console.WriteLine(Text($"Epoch {epoch}/{epochs}  train loss {loss:F4} acc {100 * accuracy:F2} %  test loss {test.Loss:F4} acc {100 * test.Accuracy:F2} %"));
    }

    /// <summary>The line that PyTorch's tutorial ends with.</summary>
    public static void Accuracy(Evaluation test) => Console.WriteLine(Text($"Accuracy of the network on the {test.Count} test images: {100 * test.Accuracy:F0} %"));

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
