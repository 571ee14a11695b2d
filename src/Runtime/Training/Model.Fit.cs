namespace Convoke;

public abstract partial class Model
{
    /// <summary>Trains on a data set, epoch by epoch; calling it again goes on where it stopped.</summary>
    /// <param name="train">At least one sample, of the model's sizes; one-hot rows are made from its labels where the loss takes rows. The first output with a cross-entropy has its labels, others what <see cref="Dataset.WithLabels"/> and <see cref="Dataset.WithTargets(string, ReadOnlyMemory{float})"/> gave it under their names.</param>
    /// <param name="options">Epochs, batch size, validation data; null for one epoch in batches of 32.</param>
    /// <param name="progress">Hears where training stands, some 15 times a second and at each epoch's end. A report that is made on the calling thread may use the model.</param>
    /// <param name="cancellationToken">Ends training after the step in flight, without an exception: <see cref="History.Cancelled"/> is set.</param>
    /// <exception cref="ShapeMismatchException">The sizes disagree, or there is no sample.</exception>
    /// <exception cref="LabelException">The class counts disagree, or a loss finds no targets.</exception>
    /// <exception cref="NonFiniteLossException">The loss became NaN or infinite; the weights are those before that step.</exception>
    /// <exception cref="InvalidOperationException">The model only predicts.</exception>
    public History Fit(Dataset train, FitOptions? options = null, IProgress<FitProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(train);
        options ??= new FitOptions();
        if (options.Epochs < 1) throw new ArgumentOutOfRangeException(nameof(options), options.Epochs, "Epochs must be at least 1.");
        if (options.BatchSize < 1) throw new ArgumentOutOfRangeException(nameof(options), options.BatchSize, "BatchSize must be at least 1.");
        using ModelGuard.Lease lease = _guard.Enter();
        _checks.Trains();
        _checks.Data(train);
        if (options.Validation is { } validation) _checks.Data(validation);
        return new FitLoop(_plan, _engine, _guard, train, options, Seed, progress, cancellationToken).Run(SliceSamples);
    }
}
