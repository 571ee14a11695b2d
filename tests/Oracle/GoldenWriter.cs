using System.Globalization;
using System.Text;
using Convoke.Parity;

namespace Convoke.Oracle;

/// <summary>Writes a golden file: JSON whose every byte follows from the values, numbers in their shortest round-trip form.</summary>
internal static class GoldenWriter
{
    private const int NumbersPerLine = 12;

    /// <summary>The text of a golden file.</summary>
    /// <param name="program">The program that ran.</param>
    /// <param name="optimizer">The optimizer in words.</param>
    /// <param name="torchSharp">TorchSharp's version.</param>
    /// <param name="libtorch">libtorch's version.</param>
    /// <param name="truth">The run in double: its values are kept.</param>
    /// <param name="single">The run in single precision: its losses are kept, and its distance from the truth.</param>
    public static string Write(ParityProgram program, string optimizer, string torchSharp, string libtorch, TorchRun truth, TorchRun single)
    {
        var text = new StringBuilder();
        text.Append("{\n");
        Text(text, "program", program.Name);
        Text(text, "network", program.Description);
        Text(text, "optimizer", optimizer);
        Text(text, "torchSharp", torchSharp);
        Text(text, "libtorch", libtorch);
        Text(text, "precision", "computed in float64 on one thread; values rounded to float32");
        text.Append("  \"losses\": {\n    \"float64\": ");
        Numbers(text, truth.Losses.Select(Round));
        text.Append(",\n    \"float32\": ");
        Numbers(text, single.Losses.Select(static loss => Round((float)loss)));
        text.Append("\n  },\n  \"tensors\": [");
        for (var i = 0; i < program.Tensors.Count; i++)
        {
            text.Append(i == 0 ? "\n" : ",\n");
            Tensor(text, program.Tensors[i], truth.Tensors[i], single.Tensors[i]);
        }
        return text.Append("\n  ]\n}\n").ToString();
    }

    private static void Tensor(StringBuilder text, ParityTensor tensor, Moments truth, Moments single)
    {
        var indices = SeededTensors.SampledIndices(tensor, GoldenFile.SampleLimit);
        text.Append($"    {{\n      \"name\": \"{tensor.Name}\",\n      \"shape\": [{string.Join(", ", tensor.Shape)}],\n      \"indices\": ");
        if (indices.Length == tensor.Count)
            text.Append("\"all\"");
        else
            Numbers(text, indices.Select(static index => index.ToString(CultureInfo.InvariantCulture)));
        Snapshot(text, "firstGradient", indices, truth.FirstGradient, single.FirstGradient);
        Snapshot(text, "lastGradient", indices, truth.LastGradient, single.LastGradient);
        Snapshot(text, "firstWeights", indices, truth.FirstWeights, single.FirstWeights);
        Snapshot(text, "lastWeights", indices, truth.LastWeights, single.LastWeights);
        text.Append("\n    }");
    }

    private static void Snapshot(StringBuilder text, string name, int[] indices, double[] truth, double[] single)
    {
        var statistics = TensorStatistics.Of(truth);
        text.Append(CultureInfo.InvariantCulture, $",\n      \"{name}\": {{ \"sum\": {Round(statistics.Sum)}, \"sumOfSquares\": {Round(statistics.SumOfSquares)}, ");
        text.Append(CultureInfo.InvariantCulture, $"\"maxAbs\": {Round(statistics.MaxAbs)}, \"float32Deviation\": {Deviation(truth, single):E1}, \"values\": ");
        Numbers(text, indices.Select(index => Round((float)truth[index])));
        text.Append(" }");
    }

    /// <summary>Largest |difference|, divided by the truth's largest magnitude.</summary>
    public static double Deviation(double[] truth, double[] single)
    {
        var largest = truth.Max(Math.Abs);
        var difference = truth.Zip(single, static (left, right) => Math.Abs(left - right)).Max();
        return difference == 0 ? 0 : difference / largest;
    }

    private static string Round(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    private static string Round(float value) => value.ToString("R", CultureInfo.InvariantCulture);

    private static void Text(StringBuilder text, string name, string value) => text.Append($"  \"{name}\": \"{value}\",\n");

    private static void Numbers(StringBuilder text, IEnumerable<string> numbers)
    {
        text.Append('[');
        var count = 0;
        foreach (var number in numbers)
        {
            if (count > 0)
                text.Append(count % NumbersPerLine == 0 ? ",\n" : ", ");
            text.Append(number);
            count++;
        }
        text.Append(']');
    }
}
