using System.Globalization;
using System.Numerics.Tensors;
using Convoke.Compiled;

namespace Convoke;

/// <summary>Runs the phases of steps over a model's memory and threads, and keeps the optimizer's clock. Sizes and labels are checked before they come here.</summary>
internal sealed unsafe class StepEngine : IDisposable
{
    private readonly NetworkPlan _plan;
    private readonly CpuProgram _program;
    private readonly WorkerPool _pool;
    private readonly TrainPhase _train;
    private readonly UpdatePhase _update;
    private readonly PredictPhase _predict;

    public StepEngine(NetworkPlan plan, CpuProgram program, int threads)
    {
        (_plan, _program) = (plan, program);
        Memory = new ModelMemory(plan, threads);
        _pool = new WorkerPool(threads);
        _train = new TrainPhase(program, Memory);
        _update = new UpdatePhase(program, Memory);
        _predict = new PredictPhase(plan, program, Memory);
    }

    public ModelMemory Memory { get; }

    /// <summary>Optimizer steps taken.</summary>
    public long Step { get; private set; }

    /// <summary>Epochs that any Fit began: the key of the next epoch's order, so that a second Fit goes on rather than repeats.</summary>
    public ulong EpochsBegun { get; set; }

    /// <summary>Set when parameters were written from outside; the next use rewrites the derived layouts.</summary>
    public bool DerivedIsStale { get; set; } = true;

    /// <summary>Whether <see cref="ModelMemory.Gradients"/> holds what <see cref="Gradients"/> computed.</summary>
    public bool HasGradients { get; private set; }

    /// <summary>One optimizer step on <paramref name="count"/> samples. A loss that is not finite throws before any weight is touched.</summary>
    /// <param name="source">The samples.</param>
    /// <param name="count">Samples, at least 1.</param>
    /// <param name="epoch">Epoch for the error's text; null outside of Fit.</param>
    public BatchSum Train(SampleSource source, int count, int? epoch)
    {
        BatchSum sum = ForwardAndBackward(source, count, epoch, gradients: null);
        OptimizerClock.Set(Memory.Training.Context, _plan.Optimizer!, Step + 1);
        _pool.Run(_update, _program.UpdateTasks);
        Step++;
        return sum;
    }

    /// <summary>Gradients of the mean loss of <paramref name="count"/> samples into <see cref="ModelMemory.Gradients"/>; nothing else changes.</summary>
    public BatchSum Gradients(SampleSource source, int count)
    {
        Memory.EnsureGradients();
        HasGradients = false;
        BatchSum sum = ForwardAndBackward(source, count, epoch: null, Memory.Gradients);
        _pool.Run(_update, _program.UpdateTasks);
        HasGradients = true;
        return sum;
    }

    /// <summary>Forward of a slice, with losses.</summary>
    public BatchSum Evaluate(SampleSource source, int count)
    {
        Forward(source, count, measured: true, null, null);
        return Sum(Memory.Prediction.Context);
    }

    /// <summary>Forward of a slice into the caller's memory; either destination may be null.</summary>
    public void Predict(SampleSource source, int count, float* probabilities, int* classes) => Forward(source, count, measured: false, probabilities, classes);

    /// <inheritdoc/>
    public void Dispose()
    {
        _pool.Dispose();
        Memory.Dispose();
    }

    private BatchSum ForwardAndBackward(SampleSource source, int count, int? epoch, float* gradients)
    {
        Memory.EnsureTraining(count);
        RefreshDerived();
        Memory.Training.Begin(count, measured: true);
        StepContext context = Memory.Training.Context;
        context.Gradients = gradients;
        _train.Source = source;
        _pool.Run(_train, context.Tasks);
        _train.Source = null;
        BatchSum sum = Sum(context);
        return double.IsFinite(sum.Loss) ? sum : throw NotFinite(context, sum.Loss, epoch);
    }

    private void Forward(SampleSource source, int count, bool measured, float* probabilities, int* classes)
    {
        Memory.EnsurePrediction(count);
        RefreshDerived();
        Memory.Prediction.Begin(count, measured);
        _predict.Aim(source, probabilities, classes);
        _pool.Run(_predict, (count + CpuProgram.ImagesPerChunk - 1) / CpuProgram.ImagesPerChunk);
        _predict.Aim(null, null, null);
    }

    private void RefreshDerived()
    {
        if (!DerivedIsStale) return;
        _program.Derive(Memory.Prediction.Context);
        DerivedIsStale = false;
    }

    /// <summary>Sums in double and in the order of the samples, so that the number of threads does not show.</summary>
    private static BatchSum Sum(StepContext context)
    {
        double loss = 0;
        int correct = 0;
        for (int n = 0; n < context.N; n++)
        {
            loss += context.Losses[n];
            correct += context.Correct[n];
        }
        return new BatchSum(loss, correct, context.N);
    }

    private NonFiniteLossException NotFinite(StepContext failed, double loss, int? epoch)
    {
        string? layer = FirstNonFiniteLayer(failed);
        string where = epoch is null
            ? string.Create(CultureInfo.InvariantCulture, $"step {Step + 1}")
            : string.Create(CultureInfo.InvariantCulture, $"epoch {epoch}, step {Step + 1}");
        string cause = layer switch
        {
            null => "every layer's output is finite, so it comes from the loss itself",
            InputName => "the input itself holds values that are not finite; look at the data",
            _ => $"the first layer whose output is not finite is {layer}; a smaller learning rate or smaller inputs may help",
        };
        return new NonFiniteLossException(string.Create(CultureInfo.InvariantCulture, $"{_plan.Name}: the loss is {loss} at {where}: {cause}. The weights are as they were before the step."), layer, epoch, Step + 1);
    }

    private const string InputName = "input";

    private string? FirstNonFiniteLayer(StepContext failed)
    {
        int sample = _plan.Height * _plan.Width * _plan.Channels;
        for (int n = 0; n < failed.N; n++)
        {
            if (!TensorPrimitives.IsFiniteAll(new ReadOnlySpan<float>(failed.Images + ((long)n * sample), sample))) return InputName;
        }
        Memory.EnsurePrediction(failed.N);
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
            return first < _plan.Layers.Length ? _plan.Layers[first].Name : null;
        }
        finally
        {
            probe.Images = own;
        }
    }
}

/// <summary>Sums over the samples of a batch.</summary>
internal readonly record struct BatchSum(double Loss, int Correct, int Count);
