using Convoke.Compiled;

namespace Convoke;

/// <summary>Measures a model on a whole data set, slice by slice.</summary>
internal static class EvaluationLoop
{
    /// <summary>The mean over all samples; null when cancelled before the end.</summary>
    public static Evaluation? Run(NetworkPlan plan, StepEngine engine, Dataset data, int batchSize, CancellationToken cancellationToken)
    {
        DatasetSource source = new(plan, data);
        engine.ClearSum();
        for (int start = 0; start < data.Count; start += Math.Min(batchSize, data.Count - start))
        {
            if (cancellationToken.IsCancellationRequested) return null;
            source.Start = start;
            engine.Evaluate(source, Math.Min(batchSize, data.Count - start));
        }
        BatchSum sum = engine.ReadSum();
        return new Evaluation(sum.MeanLoss, sum.Accuracy(plan), data.Count) { Losses = sum.Losses };
    }
}
