using System.Globalization;

namespace Convoke.Kernels.Models;

/// <summary>Names of layers that the user did not name, counted as the preset's framework counts them.</summary>
/// <remarks>
/// Keras: <c>conv2d, conv2d_1, max_pooling2d, flatten, dense, dense_1</c>; PyTorch's tutorials: <c>conv1, conv2, pool1, fc1, fc2</c>.
/// One instance serves one model, asked in layer order.
/// </remarks>
public sealed class LayerNames(Preset preset)
{
    private readonly Dictionary<string, int> _used = [];

    public string Conv2D() => Next("conv2d", "conv");

    public string MaxPool2D() => Next("max_pooling2d", "pool");

    public string Flatten() => Next("flatten", "flatten");

    public string Dense() => Next("dense", "fc");

    private string Next(string keras, string pytorch)
    {
        string stem = preset == Preset.Keras ? keras : pytorch;
        _used.TryGetValue(stem, out int used);
        _used[stem] = used + 1;
        if (preset == Preset.PyTorch) return stem + (used + 1).ToString(CultureInfo.InvariantCulture);
        return used == 0 ? stem : stem + "_" + used.ToString(CultureInfo.InvariantCulture);
    }
}
