using System.Globalization;
using System.Numerics.Tensors;
using Convoke.Compiled;

namespace Convoke;

/// <summary>Runs the phases of steps over a model's memory and threads.</summary>
internal sealed unsafe class CpuEngine : StepEngine
{
    private readonly NetworkPlan _plan;
    private readonly CpuProgram _program;
    private readonly WorkerPool _pool;
    private readonly TrainPhase _train;
    private readonly UpdatePhase _update;
    private readonly PredictPhase _predict;
    private bool _derivedIsStale = true, _foldedIsStale = true;
    private readonly double[] _batchLosses, _lossSums;
    private long _correct, _samples;

    public CpuEngine(NetworkPlan plan, CpuProgram program, int threads, ulong seed)
    {
        (_plan, _program) = (plan, program);
        (_batchLosses, _lossSums) = (new double[plan.Losses.Length], new double[plan.Losses.Length]);
        Memory = new ModelMemory(plan, threads);
        Memory.Training.Context.Seed = seed;
        _pool = new WorkerPool(threads);
        _train = new TrainPhase(program, Memory);
        _update = new UpdatePhase(program, Memory);
        _predict = new PredictPhase(plan, program, Memory);
    }

    public ModelMemory Memory { get; }

    /// <inheritdoc/>
    public override float* ReadParameters() => Memory.Parameters;

    /// <inheritdoc/>
    public override float* WriteParameters()
    {
        _derivedIsStale = _foldedIsStale = true;
        return Memory.Parameters;
    }

    /// <inheritdoc/>
    public override float* ReadGradients() => Memory.Gradients;

    /// <inheritdoc/>
    public override void ClearSum()
    {
        _lossSums.AsSpan().Clear();
        (_correct, _samples) = (0, 0);
    }

    /// <inheritdoc/>
    public override BatchSum ReadSum() => BatchSum.Of(_plan, _lossSums, _correct, _samples);

    /// <inheritdoc/>
    public override void Train(SampleSource source, int count, int? epoch)
    {
        ForwardAndBackward(source, count, epoch, gradients: null);
        OptimizerClock.Set(Memory.Training.Context, _plan.Optimizer!, Step + 1);
        _pool.Run(_update, _program.UpdateTasks);
        _foldedIsStale = true;
        Step++;
    }

    /// <inheritdoc/>
    public override void Gradients(SampleSource source, int count)
    {
        Memory.EnsureGradients();
        HasGradients = false;
        ForwardAndBackward(source, count, epoch: null, Memory.Gradients);
        _pool.Run(_update, _program.UpdateTasks);
        HasGradients = true;
    }

    /// <inheritdoc/>
    public override void Evaluate(SampleSource source, int count)
    {
        Forward(source, count, measured: true, null, null);
        Sum(Memory.Prediction.Context);
        Add(Memory.Prediction.Context);
    }

    /// <inheritdoc/>
    public override void Predict(SampleSource source, int count, float** outputs, int* classes) => Forward(source, count, measured: false, outputs, classes);

    /// <summary>Why the loss of a batch is not finite under the parameters as they are: the text that another device's failed step is reported with.</summary>
    /// <param name="source">The batch's samples.</param>
    /// <param name="count">Their number.</param>
    /// <param name="epoch">Epoch, or null outside of Fit.</param>
    /// <param name="step">The step that failed, counted from 1.</param>
    public NonFiniteLossException Explain(SampleSource source, int count, int? epoch, long step)
    {
        Memory.EnsureTraining(count);
        RefreshDerived();
        Memory.Training.Begin(count, measured: true);
        source.Fill(Memory.Training.Context, 0, count);
        Step = step - 1;
        return NotFinite(Memory.Training.Context, double.NaN, epoch);
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        _pool.Dispose();
        Memory.Dispose();
    }

    /// <summary>Adds the batch that <see cref="Sum"/> has summed.</summary>
    private void Add(StepContext context)
    {
        for (int i = 0; i < _lossSums.Length; i++) _lossSums[i] += _batchLosses[i];
        for (int n = 0; n < context.N && context.Correct != null; n++) _correct += context.Correct[n];
        _samples += context.N;
    }

    private void ForwardAndBackward(SampleSource source, int count, int? epoch, float* gradients)
    {
        Memory.EnsureTraining(count);
        RefreshDerived();
        Memory.Training.Begin(count, measured: true);
        StepContext context = Memory.Training.Context;
        context.Gradients = gradients;
        _train.Source = source;
        for (int stage = 0; stage < _program.TrainStages; stage++)
        {
            _train.Stage = stage;
            _pool.Run(_train, context.Tasks);
            _program.Combine(context, stage);
        }

        _train.Source = null;
        context.Draw++;
        double loss = Sum(context);
        if (!double.IsFinite(loss)) throw NotFinite(context, loss, epoch);
        Add(context);
    }

    private void Forward(SampleSource source, int count, bool measured, float** outputs, int* classes)
    {
        Memory.EnsurePrediction(count);
        RefreshFolded();
        Memory.Prediction.Begin(count, measured);
        _predict.Aim(source, outputs, classes);
        _pool.Run(_predict, (count + _plan.ImagesPerChunk - 1) / _plan.ImagesPerChunk);
        _predict.Aim(null, null, null);
    }

    /// <summary>What only prediction reads is made when there is a prediction.</summary>
    private void RefreshFolded()
    {
        RefreshDerived();
        if (!_foldedIsStale) return;
        _program.Fold(Memory.Prediction.Context);
        _foldedIsStale = false;
    }

    private void RefreshDerived()
    {
        if (!_derivedIsStale) return;
        _program.Derive(Memory.Prediction.Context);
        _derivedIsStale = false;
    }

    /// <summary>Sums each loss in double and in the order of the samples, so that the number of threads does not show; yields the sum of the total.</summary>
    private double Sum(StepContext context)
    {
        double total = 0;
        for (int i = 0; i < _batchLosses.Length; i++)
        {
            double loss = 0;
            for (int n = 0; n < context.N; n++) loss += context.Losses[((long)n * _batchLosses.Length) + i];
            _batchLosses[i] = loss;
            total += _plan.Losses[i].Weight * loss;
        }
        return total;
    }

    private NonFiniteLossException NotFinite(StepContext failed, double loss, int? epoch)
    {
        (string? layer, bool isInput) = FirstNonFinite(failed);
        string where = epoch is null
            ? string.Create(CultureInfo.InvariantCulture, $"step {Step + 1}")
            : string.Create(CultureInfo.InvariantCulture, $"epoch {epoch}, step {Step + 1}");
        string cause = layer switch
        {
            null => "every layer's output is finite, so it comes from the loss itself",
            _ when isInput => $"the input {(_plan.Inputs.Length == 1 ? "itself" : layer)} holds values that are not finite; look at the data",
            _ => $"the first layer whose output is not finite is {layer}; a smaller learning rate or smaller inputs may help",
        };
        return new NonFiniteLossException(string.Create(CultureInfo.InvariantCulture, $"{_plan.Name}: the loss is {loss} at {where}: {cause}. The weights are as they were before the step."), layer, epoch, Step + 1);
    }

    /// <summary>The first input or layer that holds values that are not finite.</summary>
    private (string? Name, bool IsInput) FirstNonFinite(StepContext failed)
    {
        for (int n = 0; n < failed.N; n++)
        {
            float* sample = failed.Images + ((long)n * _plan.SampleLength);
            foreach (InputPlan input in _plan.Inputs)
            {
                if (!TensorPrimitives.IsFiniteAll(new ReadOnlySpan<float>(sample, input.Length))) return (_plan.Inputs.Length == 1 ? "input" : input.Name, true);
                sample += input.Length;
            }
        }
        Memory.EnsurePrediction(failed.N);
        RefreshFolded();
        Memory.Prediction.Begin(failed.N, measured: false);
        StepContext probe = Memory.Prediction.Context;
        float* own = probe.Images;
        probe.Images = failed.Images;
        try
        {
            int first = int.MaxValue;
            for (int n = 0; n < failed.N; n += CpuProgram.ImagesPerChunk)
            {
                int layer = _program.Probe(probe, n, Math.Min(CpuProgram.ImagesPerChunk, failed.N - n), Memory.PredictScratch(0));
                if (layer >= 0) first = Math.Min(first, layer);
            }
            return (first < _plan.Layers.Length ? _plan.Layers[first].Name : null, false);
        }
        finally
        {
            probe.Images = own;
        }
    }
}
