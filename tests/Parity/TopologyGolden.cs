using System.Text.Json;

namespace Convoke.Parity;

/// <summary>What an independent framework gave for a <see cref="TopologyProgram"/>.</summary>
/// <param name="Network">The network in words.</param>
/// <param name="Made">Framework and versions.</param>
/// <param name="Losses">Mean loss before each step's update, computed in double.</param>
/// <param name="Float32Losses">The same in single precision: how far rounding alone leads.</param>
/// <param name="Prediction">Outputs of the first image of step 1's batch after the last step, in evaluation mode, computed in double.</param>
/// <param name="Float32PredictionDeviation">How far the same in single precision is from it, relative to its largest.</param>
/// <param name="Statistics">Running means and variances after the last step, by name, computed in double.</param>
/// <param name="Parts">Of several losses, each by itself and without its weight, before each step's update; else null.</param>
public sealed record TopologyGolden(string Network, string Made, double[] Losses, double[] Float32Losses, float[] Prediction, double Float32PredictionDeviation, Dictionary<string, float[]> Statistics, Dictionary<string, double[]>? Parts = null)
{
    private static readonly JsonSerializerOptions Options = new() { WriteIndented = true, DefaultIgnoreCondition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull };

    /// <summary>Images whose logits are kept.</summary>
    public const int Predicted = 1;

    /// <summary>Reads a file that <see cref="Save"/> wrote.</summary>
    public static TopologyGolden Load(string path) => JsonSerializer.Deserialize<TopologyGolden>(File.ReadAllText(path)) ?? throw new InvalidDataException($"{path} is empty.");

    /// <summary>Writes the file.</summary>
    public void Save(string path) => File.WriteAllText(path, JsonSerializer.Serialize(this, Options) + "\n");
}
