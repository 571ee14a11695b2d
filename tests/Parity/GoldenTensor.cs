namespace Convoke.Parity;

/// <summary>One parameter of a golden file at its four recorded moments.</summary>
public sealed record GoldenTensor
{
    /// <summary>PyTorch's name, such as "fc1.weight".</summary>
    public required string Name { get; init; }

    /// <summary>PyTorch's shape: [out, in, height, width], [out, in] or [out].</summary>
    public required IReadOnlyList<int> Shape { get; init; }

    /// <summary>The kept elements: ascending row-major indices into <see cref="Shape"/>; all of them for a small tensor.</summary>
    public required IReadOnlyList<int> Indices { get; init; }

    /// <summary>The gradient of step 1.</summary>
    public required GoldenSnapshot FirstGradient { get; init; }

    /// <summary>The gradient of the last step, taken at the weights before its update.</summary>
    public required GoldenSnapshot LastGradient { get; init; }

    /// <summary>The weights after the update of step 1.</summary>
    public required GoldenSnapshot FirstWeights { get; init; }

    /// <summary>The weights after the last update.</summary>
    public required GoldenSnapshot LastWeights { get; init; }
}
