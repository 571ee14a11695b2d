using Convoke.Compiled;

namespace Convoke;

/// <summary>All memory of one model. What only training needs is allocated by the first training step.</summary>
internal sealed unsafe class ModelMemory : IDisposable
{
    private readonly NetworkPlan _plan;
    private readonly int _workers;
    private readonly AlignedMemory _parameters, _derived;
    private AlignedMemory? _moments, _partials, _gradients, _trainScratch, _predictScratch;

    /// <summary>The memory of a model whose steps <paramref name="workers"/> threads share.</summary>
    public ModelMemory(NetworkPlan plan, int workers)
    {
        (_plan, _workers) = (plan, workers);
        _parameters = Floats(plan.ParameterFloats);
        _derived = Floats(plan.DerivedFloats);
        Training = new StepArea(plan, training: true);
        Prediction = new StepArea(plan, training: false);
        foreach (StepContext context in (ReadOnlySpan<StepContext>)[Training.Context, Prediction.Context])
        {
            context.Parameters = (float*)_parameters.Pointer;
            context.Derived = (float*)_derived.Pointer;
            context.SecondMomentScale = 1f;
        }
    }

    /// <summary>Per-sample memory of training steps.</summary>
    public StepArea Training { get; }

    /// <summary>Per-sample memory of prediction and evaluation.</summary>
    public StepArea Prediction { get; }

    /// <summary>f32[ParameterFloats].</summary>
    public float* Parameters => (float*)_parameters.Pointer;

    /// <summary>f32[ParameterFloats]; null before <see cref="EnsureGradients"/>.</summary>
    public float* Gradients => _gradients is null ? null : (float*)_gradients.Pointer;

    /// <summary>Floats from one worker's scratch to the next: whole cache lines.</summary>
    private static long ScratchStride(int floats) => (floats + 15L) / 16 * 16;

    /// <summary>Room to train on <paramref name="samples"/> samples.</summary>
    public void EnsureTraining(int samples)
    {
        Training.Ensure(samples);
        if (_trainScratch is not null) return;
        int momentCount = _plan.Optimizer?.Moments ?? 0;
        long momentFloats = ScratchStride(_plan.ParameterFloats);
        StepContext context = Training.Context;
        if (momentCount > 0)
        {
            _moments ??= Floats(momentCount * momentFloats);
            context.Moment1 = (float*)_moments.Pointer;
            context.Moment2 = momentCount > 1 ? context.Moment1 + momentFloats : null;
        }
        _partials ??= Floats((long)CpuProgram.MaxTasks * _plan.PartialFloats);
        context.Partials = (float*)_partials.Pointer;
        _trainScratch = Floats(_workers * ScratchStride(_plan.TrainTaskFloats));
    }

    /// <summary>Room to predict <paramref name="samples"/> samples at a time.</summary>
    public void EnsurePrediction(int samples)
    {
        Prediction.Ensure(samples);
        _predictScratch ??= Floats(_workers * ScratchStride(_plan.PredictTaskFloats));
    }

    /// <summary>Room for gradients, laid out as the parameters.</summary>
    public void EnsureGradients() => _gradients ??= Floats(_plan.ParameterFloats);

    /// <summary>Training scratch of a worker.</summary>
    public float* TrainScratch(int worker) => (float*)_trainScratch!.Pointer + (worker * ScratchStride(_plan.TrainTaskFloats));

    /// <summary>Prediction scratch of a worker.</summary>
    public float* PredictScratch(int worker) => (float*)_predictScratch!.Pointer + (worker * ScratchStride(_plan.PredictTaskFloats));

    /// <inheritdoc/>
    public void Dispose()
    {
        Training.Dispose();
        Prediction.Dispose();
        foreach (AlignedMemory? block in (ReadOnlySpan<AlignedMemory?>)[_parameters, _derived, _moments, _partials, _gradients, _trainScratch, _predictScratch])
            block?.Dispose();
    }

    private static AlignedMemory Floats(long count) => new(checked(count * sizeof(float)));
}
