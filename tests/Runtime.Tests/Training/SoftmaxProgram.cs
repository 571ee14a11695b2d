using Convoke.Compiled;

namespace Convoke.Runtime.Tests.Training;

/// <summary>Softmax regression, written by hand against the contract that generated code fulfils: logits = x W + b, mean cross-entropy.</summary>
/// <remarks>
/// W is f32[D, K] in rows of 16 floats (the padding shows whether copies follow the plan), b follows. Forward reads the derived copy of W, as
/// real kernels do, so that a forgotten Derive shows. Letters: D inputs, K classes.
/// </remarks>
internal sealed unsafe class SoftmaxProgram(int inputs, int classes, LossPlan? loss, OptimizerPlan? optimizer) : CpuProgram
{
    public const int Row = 16;

    /// <summary>Called at the start of each training task, for tests that break one.</summary>
    public Action<int>? OnTrainTask { get; set; }

    public int DeriveCalls { get; private set; }

    /// <summary>Threads that ran training tasks.</summary>
    public System.Collections.Concurrent.ConcurrentDictionary<int, bool>? Threads { get; set; }

    public override int VectorBits => 128;

    public override int UpdateTasks => 3;

    private int Bias => inputs * Row;

    public override void TrainTask(StepContext step, int stage, int task, float* scratch)
    {
        OnTrainTask?.Invoke(task);
        Threads?.TryAdd(Environment.CurrentManagedThreadId, true);
        float* partial = step.Partials + ((long)task * (Bias + Row));
        new Span<float>(partial, Bias + Row).Clear();
        int end = FirstSample(step.N, step.Tasks, task + 1);
        for (int n = FirstSample(step.N, step.Tasks, task); n < end; n++)
        {
            float* x = step.Images + ((long)n * inputs);
            float* probabilities = step.Batch + ((long)n * classes);   // offset 0, size K
            Forward(step, x, probabilities);
            Measure(step, n, probabilities);
            for (int k = 0; k < classes; k++)
            {
                float delta = (probabilities[k] * TargetSum(step, n)) - Target(step, n, k);
                delta *= step.InverseN;
                for (int d = 0; d < inputs; d++) partial[(d * Row) + k] += x[d] * delta;
                partial[Bias + k] += delta;
            }
        }
    }

    public override void UpdateTask(StepContext step, int task)
    {
        (int first, int end) = task switch { 0 => (0, inputs / 2 * Row), 1 => (inputs / 2 * Row, Bias), _ => (Bias, Bias + Row) };
        for (int i = first; i < end; i++)
        {
            float gradient = 0;
            for (int t = 0; t < step.Tasks; t++) gradient += step.Partials[((long)t * (Bias + Row)) + i];
            if (step.Gradients != null) step.Gradients[i] = gradient;
            else Optimize(step, i, gradient);
        }
        if (step.Gradients == null) new ReadOnlySpan<float>(step.Parameters + first, end - first).CopyTo(new Span<float>(step.Derived + first, end - first));
    }

    public override void PredictTask(StepContext step, int first, int count, float* scratch)
    {
        for (int n = first; n < first + count; n++)
        {
            Forward(step, step.Images + ((long)n * inputs), scratch);
            new ReadOnlySpan<float>(scratch, classes).CopyTo(new Span<float>(step.Output + ((long)n * classes), classes));
            if (step.Losses != null) Measure(step, n, scratch);
        }
    }

    public override void Derive(StepContext step)
    {
        DeriveCalls++;
        new ReadOnlySpan<float>(step.Parameters, Bias + Row).CopyTo(new Span<float>(step.Derived, Bias + Row));
    }

    public override int Probe(StepContext step, int first, int count, float* scratch)
    {
        for (int n = first; n < first + count; n++)
        {
            Forward(step, step.Images + ((long)n * inputs), scratch);
            for (int k = 0; k < classes; k++)
                if (!float.IsFinite(scratch[k])) return 1;
        }
        return -1;
    }

    private void Optimize(StepContext step, int i, float gradient)
    {
        if (optimizer!.Moments == 0)
        {
            step.Parameters[i] -= step.StepSize * gradient;
            return;
        }
        float b1 = (float)optimizer.Beta1, b2 = (float)optimizer.Beta2;
        step.Moment1[i] = (b1 * step.Moment1[i]) + ((1 - b1) * gradient);
        step.Moment2[i] = (b2 * step.Moment2[i]) + ((1 - b2) * gradient * gradient);
        step.Parameters[i] -= step.StepSize * step.Moment1[i] / ((MathF.Sqrt(step.Moment2[i]) * step.SecondMomentScale) + 1e-7f);
    }

    private void Forward(StepContext step, float* x, float* probabilities)
    {
        float largest = float.NegativeInfinity;
        for (int k = 0; k < classes; k++)
        {
            float logit = step.Derived[Bias + k];
            for (int d = 0; d < inputs; d++) logit += x[d] * step.Derived[(d * Row) + k];
            probabilities[k] = logit;
            largest = Math.Max(largest, logit);
        }
        float sum = 0;
        for (int k = 0; k < classes; k++) sum += probabilities[k] = MathF.Exp(probabilities[k] - largest);
        for (int k = 0; k < classes; k++) probabilities[k] /= sum;
    }

    private void Measure(StepContext step, int n, float* probabilities)
    {
        float value = 0;
        int best = 0, wanted = 0;
        for (int k = 0; k < classes; k++)
        {
            if (Target(step, n, k) != 0) value -= Target(step, n, k) * MathF.Log(probabilities[k]);
            if (probabilities[k] > probabilities[best]) best = k;
            if (Target(step, n, k) > Target(step, n, wanted)) wanted = k;
        }
        step.Losses[n] = value;
        step.Correct[n] = best == wanted ? 1 : 0;
    }

    private float Target(StepContext step, int n, int k) =>
        loss == LossPlan.CategoricalCrossentropy ? step.Targets[((long)n * classes) + k] : step.Labels[n] == k ? 1f : 0f;

    private float TargetSum(StepContext step, int n)
    {
        float sum = 0;
        for (int k = 0; k < classes; k++) sum += Target(step, n, k);
        return sum;
    }
}
