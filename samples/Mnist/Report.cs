using System.Globalization;
using System.Text;
using Convoke;

namespace MnistSample;

/// <summary>What is printed before and after training.</summary>
internal static class Report
{
    private const int Shown = 5, CellWidth = 2, CellHeight = 4;   // a character is about twice as high as it is wide
    private const string Shades = " .:+#@";

    /// <summary>Where it trains, and why not on a GPU.</summary>
    public static void Device(Device device)
    {
        Console.WriteLine($"Device: {device.Description}");
        if (device.Note is { } note) Console.WriteLine($"        ({note})");
    }

    /// <summary>Where the data came from; drawn digits are announced as such, with what was tried before.</summary>
    public static void Origin(ImageClassificationData data)
    {
        Console.WriteLine($"Data: {data.Origin}");
        if (!data.IsDrawn) return;
        Console.WriteLine("      MNIST is out of reach, so accuracies below are those of drawn digits. Tried:");
        foreach (string line in data.Log) Console.WriteLine($"      - {line}");
    }

    /// <summary>Where training stood when Ctrl-C ended it; gives the exit code that shells expect then.</summary>
    public static int Stopped(History history, int epochs)
    {
        string place = history switch
        {
            { Partial: { } at } => Text($"in epoch {at.Epoch} of {epochs}, after step {at.Steps}, loss {at.Loss:F4}"),
            { Epochs: [.., var done] } => Text($"after epoch {done.Epoch} of {epochs}, step {done.Steps}, loss {done.Loss:F4}"),
            _ => "before the first step",
        };
        Console.WriteLine($"Stopped by Ctrl-C {place}.");
        return 130;
    }

    /// <summary>The first test images side by side, each with what the network sees in it.</summary>
    public static void Predictions(Model net, ImageClassificationData data)
    {
        Dataset test = data.Test;
        int shown = Math.Min(Shown, test.Count), classes = data.ClassNames.Count;
        float[] images = new float[shown * test.SampleLength], probabilities = new float[shown * classes];
        for (int i = 0; i < shown; i++) test.CopyImage(i, images.AsSpan(i * test.SampleLength, test.SampleLength));
        net.Predict(images, probabilities);

        Console.WriteLine("\nThe first test images, what the network says, and what they are:");
        for (int top = 0; top < test.Height; top += CellHeight)
        {
            StringBuilder row = new();
            for (int i = 0; i < shown; i++) row.Append(Shade(images.AsSpan(i * test.SampleLength, test.SampleLength), test.Width, top)).Append("  ");
            Console.WriteLine(row.ToString().TrimEnd());
        }

        for (int i = 0; i < shown; i++)
        {
            ReadOnlySpan<float> row = probabilities.AsSpan(i * classes, classes);
            int best = row.IndexOf(System.Numerics.Tensors.TensorPrimitives.Max(row)), truth = test.Label(i);
            string verdict = best == truth ? "right" : $"wrong, it is {data.ClassNames[truth]}";
            Console.WriteLine(Text($"  {i + 1}. {data.ClassNames[best]}  ({100 * row[best]:F1} %, {verdict})"));
        }
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private static string Shade(ReadOnlySpan<float> image, int width, int top)
    {
        char[] line = new char[width / CellWidth];
        for (int cell = 0; cell < line.Length; cell++)
        {
            float sum = 0;
            for (int y = top; y < top + CellHeight; y++)
                for (int x = cell * CellWidth; x < (cell + 1) * CellWidth; x++) sum += image[y * width + x];
            line[cell] = Shades[(int)(sum / (CellWidth * CellHeight) * (Shades.Length - 1) + 0.5f)];
        }

        return new string(line);
    }
}
