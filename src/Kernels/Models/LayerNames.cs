using System.Globalization;
using System.Text;

namespace Convoke.Kernels.Models;

/// <summary>Names of layers that the user did not name, counted as the preset's framework counts them.</summary>
/// <remarks>
/// Keras: <c>conv2d, conv2d_1, max_pooling2d, flatten, dense, dense_1</c>; PyTorch's tutorials: <c>conv1, conv2, bn1, pool1, fc1, fc2</c>.
/// One instance serves one model, asked in layer order.
/// </remarks>
public sealed class LayerNames(Preset preset)
{
    private readonly Dictionary<string, int> _used = [];

    public string Conv2D() => Next("conv2d", "conv");

    public string MaxPool2D() => Next("max_pooling2d", "pool");

    public string AveragePool2D() => Next("average_pooling2d", "avgpool");

    public string GlobalMaxPool2D() => Next("global_max_pooling2d", "global_maxpool");

    public string GlobalAveragePool2D() => Next("global_average_pooling2d", "global_avgpool");

    public string BatchNorm() => Next("batch_normalization", "bn");

    public string Upsample() => Next("up_sampling2d", "up");

    public string Flatten() => Next("flatten", "flatten");

    public string Dense() => Next("dense", "fc");

    public string Dropout() => Next("dropout", "drop");

    /// <summary>The name of a layer that a method declares, in either preset: Conv1 is conv1, MyBlock is my_block, Conv2D is conv2d.</summary>
    public static string OfMethod(string method)
    {
        var name = new StringBuilder();
        for (int i = 0; i < method.Length; i++)
        {
            bool nextIsLower = i + 1 < method.Length && char.IsLower(method[i + 1]);
            bool wordBegins = i > 0 && char.IsUpper(method[i]) && (char.IsLower(method[i - 1]) || (char.IsLetterOrDigit(method[i - 1]) && nextIsLower));
            if (wordBegins) name.Append('_');
            name.Append(char.ToLowerInvariant(method[i]));
        }
        return name.ToString();
    }

    /// <summary>What stands between the name of a method and the index of one of its layers: block_0, and as in PyTorch's lists block.0.</summary>
    public static string IndexSeparator(Preset preset) => preset == Preset.PyTorch ? "." : "_";

    private string Next(string keras, string pytorch)
    {
        string stem = preset == Preset.Keras ? keras : pytorch;
        _used.TryGetValue(stem, out int used);
        _used[stem] = used + 1;
        if (preset == Preset.PyTorch) return stem + (used + 1).ToString(CultureInfo.InvariantCulture);
        return used == 0 ? stem : stem + "_" + used.ToString(CultureInfo.InvariantCulture);
    }
}
