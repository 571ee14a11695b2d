using System.Diagnostics;
using Convoke.Compiled;

namespace Convoke;

/// <summary>One run of <see cref="Model.Fit"/>: its epochs, its sums and its reports.</summary>
internal sealed class FitLoop(NetworkPlan plan, StepEngine engine, ModelGuard guard, Dataset data, FitOptions options, ulong seed, IProgress<FitProgress>? progress, CancellationToken cancellationToken)
{
    private static readonly TimeSpan ReportInterval = TimeSpan.FromMilliseconds(66);

    private readonly DatasetSource _source = new(plan, data);
    private readonly long _began = Stopwatch.GetTimestamp();
    private readonly int _steps = (int)(((long)data.Count + options.BatchSize - 1) / options.BatchSize);
    private long _lastReport, _epochBegan, _stepsTaken;
    private BatchSum _sum;
    private int _samples, _step;

    /// <summary>Trains; validation goes in slices of <paramref name="validationSlice"/> samples.</summary>
    public History Run(int validationSlice)
    {
        List<EpochResult> epochs = [];
        EpochResult? partial = null;
        _lastReport = _began;
        for (int epoch = 1; epoch <= options.Epochs && !cancellationToken.IsCancellationRequested; epoch++)
        {
            if (!RunEpoch(epoch))
            {
                partial = Result(epoch, null);
                break;
            }
            Evaluation? validation = options.Validation is { } held ? EvaluationLoop.Run(plan, engine, held, validationSlice, cancellationToken) : null;
            EpochResult result = Result(epoch, validation);
            epochs.Add(result);
            Report(epoch, result);
        }
        // A token that is cancelled behind the last epoch's end cut nothing short, unless it took the validation.
        bool whole = epochs.Count == options.Epochs && (options.Validation is null || epochs[^1].ValidationLoss is not null);
        return new History(epochs, partial, _stepsTaken, !whole, Stopwatch.GetElapsedTime(_began));
    }

    /// <summary>All steps of an epoch; false when cancelled before the last.</summary>
    private bool RunEpoch(int epoch)
    {
        _epochBegan = Stopwatch.GetTimestamp();
        (_samples, _step) = (0, 0);
        engine.ClearSum();
        _source.Order = options.Shuffle ? new KeyedPermutation(data.Count, seed, engine.EpochsBegun) : null;
        engine.EpochsBegun++;
        while (_samples < data.Count)
        {
            if (_step > 0 && cancellationToken.IsCancellationRequested)
            {
                _sum = engine.ReadSum();
                return false;
            }
            int count = Math.Min(options.BatchSize, data.Count - _samples);
            _source.Start = _samples;
            engine.Train(_source, count, epoch);
            _samples += count;
            _step++;
            _stepsTaken++;
            if (progress is not null && _samples < data.Count && Stopwatch.GetElapsedTime(_lastReport) >= ReportInterval)
            {
                _sum = engine.ReadSum();
                Report(epoch, null);
            }
        }
        _sum = engine.ReadSum();
        return true;
    }

    private EpochResult Result(int epoch, Evaluation? validation) =>
        new(epoch, _sum.MeanLoss, _sum.Accuracy(plan), validation?.Loss, validation?.Accuracy, Stopwatch.GetElapsedTime(_epochBegan), _step) { Losses = _sum.Losses };

    private void Report(int epoch, EpochResult? completed)
    {
        if (progress is null) return;
        _lastReport = Stopwatch.GetTimestamp();
        FitProgress report = new(epoch, options.Epochs, _step, _steps, _samples, _sum.MeanLoss, _sum.Accuracy(plan), Stopwatch.GetElapsedTime(_began), Stopwatch.GetElapsedTime(_epochBegan), completed);
        guard.Pause();
        try
        {
            progress.Report(report);
        }
        finally
        {
            guard.Resume();
        }
    }
}
