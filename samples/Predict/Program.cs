using System.Globalization;
using System.Runtime.InteropServices;
using Convoke;

namespace PredictSample;

/// <summary>Says which way the strokes of a small drawing run. It has no loss and no optimizer, so it only predicts.</summary>
[Model(16, 16, 1)]
[Conv2D(4, 3, Activation = Activation.Relu)]         // one filter per direction
[MaxPool2D(2)]
[Flatten]                                            // 7 x 7 places, 4 directions each
[Dense(4, Activation = Activation.Softmax)]
public partial class StrokeNet;

/// <summary>Weights set by hand, or read from a file; no training. Published with PublishAot it is one native file.</summary>
internal static class Program
{
    private const int Side = 16, Places = 7 * 7;
    private static readonly string[] Directions = ["horizontal", "vertical", "rising", "falling"];

    private static int Main(string[] args)
    {
        try
        {
            if (args is [] or ["-h" or "--help"] or { Length: > 2 })
            {
                Console.WriteLine($"""
                    usage: Predict DRAWING [WEIGHTS]
                      DRAWING  {string.Join(", ", Directions)}: drawn here; else a text file of {Side} lines, where # is ink
                      WEIGHTS  file of little-endian floats: every parameter, one after another, as net.Parameters lists them
                    """);
                return args is [] or { Length: > 2 } ? 2 : 0;
            }

            using StrokeNet net = StrokeNet.Create();
            if (args is [_, var weights]) ReadWeights(net, weights);
            else SetWeights(net);

            float[] image = Array.IndexOf(Directions, args[0]) is >= 0 and var direction ? Draw(direction) : ReadDrawing(args[0]);
            float[] probabilities = new float[Directions.Length];
            net.Predict(image, probabilities);
            for (int k = 0; k < Directions.Length; k++)
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Directions[k],-10} {100 * probabilities[k],6:F1} %"));
            Console.WriteLine($"The strokes are {Directions[net.PredictClass(image)]}.");
            return 0;
        }
        catch (Exception error) when (error is ConvokeException or IOException or UnauthorizedAccessException or InvalidDataException)
        {
            Console.Error.WriteLine($"error: {error.Message}");
            return 1;
        }
    }

    /// <summary>Each filter answers to a line of its direction and to nothing flat; the dense layer averages each filter over all places.</summary>
    private static void SetWeights(StrokeNet net)
    {
        float[] filters = new float[3 * 3 * 4], means = new float[Places * 4 * 4];    // HWIO; features in, directions out
        for (int k = 0; k < 4; k++)
        {
            for (int y = 0; y < 3; y++)
                for (int x = 0; x < 3; x++) filters[(y * 3 + x) * 4 + k] = Offset(k, x - 1, y - 1) == 0 ? 2 : -1;
            for (int place = 0; place < Places; place++) means[(place * 4 + k) * 4 + k] = 1f / Places;
        }

        net.Parameters["conv2d.kernel"].CopyFrom(filters);
        net.Parameters["dense.kernel"].CopyFrom(means);
    }

    private static void ReadWeights(StrokeNet net, string file)
    {
        byte[] bytes = File.ReadAllBytes(file);
        int expected = sizeof(float) * net.Parameters.Sum(static p => p.Count), at = 0;
        if (bytes.Length != expected) throw new InvalidDataException($"{file} has {bytes.Length} bytes; the network's weights have {expected}: {string.Join(", ", net.Parameters)}");
        ReadOnlySpan<float> all = MemoryMarshal.Cast<byte, float>(bytes);
        foreach (Parameter parameter in net.Parameters)
        {
            parameter.CopyFrom(all.Slice(at, parameter.Count));
            at += parameter.Count;
        }
    }

    private static float[] ReadDrawing(string file)
    {
        string[] lines = File.ReadAllLines(file);
        if (lines.Length != Side || lines.Any(static line => line.Length > Side)) throw new InvalidDataException($"{file} must have {Side} lines of at most {Side} characters");
        return [.. lines.SelectMany(static line => line.PadRight(Side)).Select(static c => c == '#' ? 1f : 0f)];
    }

    /// <summary>Parallel strokes, one pixel wide, every fourth pixel.</summary>
    private static float[] Draw(int direction) =>
        [.. Enumerable.Range(0, Side * Side).Select(i => Offset(direction, i % Side, i / Side) % 4 == 0 ? 1f : 0f)];

    /// <summary>Distance, along an axis, of a pixel from the line of that direction through the origin.</summary>
    private static int Offset(int direction, int x, int y) => direction switch { 0 => y, 1 => x, 2 => x + y, _ => x - y };
}
