namespace Convoke;

/// <summary>How <see cref="Model.Fit"/> trains; the defaults are those of Keras.</summary>
public sealed record FitOptions
{
    /// <summary>Passes over the data, at least 1.</summary>
    public int Epochs { get; init; } = 1;

    /// <summary>Samples per step, at least 1; the last step of an epoch takes what is left.</summary>
    public int BatchSize { get; init; } = 32;

    /// <summary>Data evaluated after each epoch; null for none.</summary>
    public Dataset? Validation { get; init; }

    /// <summary>Whether each epoch takes the samples in an order of its own, drawn from the model's seed.</summary>
    public bool Shuffle { get; init; } = true;
}
