using System.Text.Json;

namespace Convoke.Parity;

/// <summary>What an independent framework gave for a <see cref="ParityProgram"/>: written by tests/Oracle, read by the tests.</summary>
public sealed record GoldenFile
{
    /// <summary>Elements kept of a tensor that has more.</summary>
    public const int SampleLimit = 512;

    /// <summary>The program's name, "A" or "B".</summary>
    public required string Program { get; init; }

    /// <summary>The network in PyTorch's words.</summary>
    public required string Network { get; init; }

    /// <summary>The optimizer, its constants and the place of its epsilon.</summary>
    public required string Optimizer { get; init; }

    /// <summary>Version of TorchSharp.</summary>
    public required string TorchSharp { get; init; }

    /// <summary>Version of libtorch.</summary>
    public required string Libtorch { get; init; }

    /// <summary>Which precision each part was computed in.</summary>
    public required string Precision { get; init; }

    /// <summary>Mean loss before the update of each step, computed in double.</summary>
    public required IReadOnlyList<double> Losses { get; init; }

    /// <summary>The same losses of a run in single precision: how far rounding alone leads.</summary>
    public required IReadOnlyList<float> Float32Losses { get; init; }

    /// <summary>The parameters, in the order of the network.</summary>
    public required IReadOnlyList<GoldenTensor> Tensors { get; init; }

    /// <summary>The parameter of PyTorch's name, such as "conv1.weight".</summary>
    /// <exception cref="KeyNotFoundException">The file has no such tensor.</exception>
    public GoldenTensor this[string name] => Tensors.FirstOrDefault(tensor => tensor.Name == name)
        ?? throw new KeyNotFoundException($"No tensor \"{name}\" in the golden file of program {Program}; it has {string.Join(", ", Tensors.Select(static t => t.Name))}.");

    /// <summary>Reads a golden file.</summary>
    /// <exception cref="InvalidDataException">The text is not a golden file, or a part has the wrong length.</exception>
    public static GoldenFile Load(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(path));
            return Read(document.RootElement);
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new InvalidDataException($"{path} is not a golden file: {error.Message}", error);
        }
    }

    private static GoldenFile Read(JsonElement root)
    {
        var losses = root.GetProperty("losses");
        return new()
        {
            Program = Text(root, "program"),
            Network = Text(root, "network"),
            Optimizer = Text(root, "optimizer"),
            TorchSharp = Text(root, "torchSharp"),
            Libtorch = Text(root, "libtorch"),
            Precision = Text(root, "precision"),
            Losses = Array(losses, "float64", static value => value.GetDouble()),
            Float32Losses = Array(losses, "float32", static value => value.GetSingle()),
            Tensors = Array(root, "tensors", ReadTensor),
        };
    }

    private static GoldenTensor ReadTensor(JsonElement element)
    {
        var shape = Array(element, "shape", static value => value.GetInt32());
        var count = shape.Aggregate(1, static (product, extent) => product * extent);
        int[] indices = element.GetProperty("indices").ValueKind == JsonValueKind.String
            ? [.. Enumerable.Range(0, count)]
            : Array(element, "indices", static value => value.GetInt32());
        if (indices.Any(index => (uint)index >= (uint)count))
            throw new FormatException($"an index of {Text(element, "name")} lies outside its {count} elements");
        return new()
        {
            Name = Text(element, "name"),
            Shape = shape,
            Indices = indices,
            FirstGradient = ReadSnapshot(element, "firstGradient", count, indices),
            LastGradient = ReadSnapshot(element, "lastGradient", count, indices),
            FirstWeights = ReadSnapshot(element, "firstWeights", count, indices),
            LastWeights = ReadSnapshot(element, "lastWeights", count, indices),
        };
    }

    private static GoldenSnapshot ReadSnapshot(JsonElement tensor, string name, int count, int[] indices)
    {
        var element = tensor.GetProperty(name);
        var values = Array(element, "values", static value => value.GetSingle());
        if (values.Length != indices.Length)
            throw new FormatException($"{Text(tensor, "name")} {name} has {values.Length} values for {indices.Length} indices");
        var statistics = new TensorStatistics(Number(element, "sum"), Number(element, "sumOfSquares"), Number(element, "maxAbs"));
        return new(count, indices, values, statistics, Number(element, "float32Deviation"));
    }

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString() ?? throw new FormatException($"\"{name}\" is null");

    private static double Number(JsonElement element, string name) => element.GetProperty(name).GetDouble();

    private static T[] Array<T>(JsonElement element, string name, Func<JsonElement, T> read) => [.. element.GetProperty(name).EnumerateArray().Select(read)];
}
