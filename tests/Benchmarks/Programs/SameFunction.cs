using System.Globalization;
using Convoke.Benchmarks.Contenders;

namespace Convoke.Benchmarks.Programs;

/// <summary>Holds contenders to one function before they are timed.</summary>
internal static class SameFunction
{
    /// <summary>
    /// Largest |difference| of outputs, and of a tensor's gradients or a loss relative to its largest magnitude. Single precision sums
    /// of up to 100,000 terms in different orders stay below 1e-5; a wrong layout, bias or scale gives 1e-2 and more.
    /// </summary>
    private const double Tolerance = 1e-4;

    /// <summary>Losses after optimizer steps, relative to the first: where a gradient is almost zero, Adam turns its rounding error into a step of up to the rate.</summary>
    private const double StepTolerance = 1e-3;

    /// <summary>
    /// Of the gradients of deep nets and large maps, root mean square relative to the tensor's: where a value near zero, or two that are nearly equal, fall to one or
    /// the other side of ReLU or pooling by rounding, a gradient takes another way, and the sum that a bias or a filter gets is that of many terms that cancel each
    /// other out. TorchSharp plain and tuned differ by 3e-3 from each other in a ResNet-9.
    /// </summary>
    private const double DeepTolerance = 1e-2;

    /// <summary>Of the mean loss of many draws of dropout.</summary>
    private const double DropTolerance = 0.02;

    private const int Steps = 4;
    private const int Draws = 12;

    /// <summary>Gives all contenders the same weights and compares outputs, loss, gradients, and optionally the losses of Adam steps and running statistics, with the first one's.</summary>
    /// <param name="program">What they are to compute.</param>
    /// <param name="contenders">All of them.</param>
    /// <param name="weights">What they start from.</param>
    /// <param name="gradients">Whether gradients are compared.</param>
    /// <param name="steps">Whether optimizer steps are; where not, as in the sweep over layers, gradients are compared by their root mean square only.</param>
    /// <returns>What was compared, with the largest deviations, one line.</returns>
    /// <exception cref="DifferentFunctionException">Some contender deviates.</exception>
    public static string Check(ProgramSpec program, IReadOnlyList<Contender> contenders, float[][] weights, bool gradients, bool steps)
    {
        bool drops = program.Layers.Any(static layer => layer is Drop), norms = program.Layers.Any(static layer => layer is Norm);
        var worst = new Dictionary<string, double>();
        Trained? reference = null;
        float[]? outputs = null;
        foreach (Contender contender in contenders)
        {
            contender.Select();
            contender.Load(weights);
            float[] own = contender.Outputs(0);
            Sane(program, own);
            outputs ??= own;
            Hold(program.EndsInLogits ? "logits" : "probabilities", Difference(outputs, own) / Math.Max(1, outputs.Max(Math.Abs)), Tolerance);
            if (!contender.Trains || !gradients) continue;

            Trained trained = drops ? new(MeanLoss(contender), [], [], []) : Train(program, contender, weights, steps, norms);
            reference ??= trained;
            if (drops) Hold($"mean loss of {Draws} draws", Math.Abs((trained.Loss / reference.Loss) - 1), DropTolerance);
            else Compare(reference, trained);

            void Hold(string what, double deviation, double allowed)
            {
                if (!(deviation <= allowed)) // NaN too
                    throw new DifferentFunctionException(Text($"{program.Name}: {contender.Name} deviates from {contenders[0].Name} by {deviation:0.0E-0} in the {what}, allowed {allowed:0.0E-0}."));
                worst[what] = Math.Max(worst.GetValueOrDefault(what), deviation);
            }

            void Compare(Trained expected, Trained actual)
            {
                Hold("loss", Math.Abs((actual.Loss / expected.Loss) - 1), Tolerance);
                for (int i = 0; i < expected.Gradients.Length; i++)
                {
                    if (expected.Gradients[i].Max(Math.Abs) is not (> 0 and var scale)) continue;
                    if (norms || !steps) Hold("gradients (root mean square)", RootMeanSquare(expected.Gradients[i], actual.Gradients[i]), DeepTolerance);
                    else Hold("gradients", Difference(expected.Gradients[i], actual.Gradients[i]) / scale, Tolerance);
                }
                if (!steps) return;
                if (expected.Losses[^1] == expected.Losses[0]) throw new DifferentFunctionException($"{program.Name}: {contender.Name} does not learn.");
                Hold($"losses of {Steps} Adam steps", expected.Losses.Zip(actual.Losses, (left, right) => Math.Abs(right - left) / expected.Losses[0]).Max(), norms ? DeepTolerance : StepTolerance);
                for (int i = 0; i < expected.Statistics.Length; i++) Hold("running statistics", Difference(expected.Statistics[i], actual.Statistics[i]) / expected.Statistics[i].Max(Math.Abs), Tolerance);
            }
        }
        return $"{program.Name}: {string.Join(", ", worst.Select(static pair => Text($"{pair.Key} within {pair.Value:0.0E-0}")))}";
    }

    /// <summary>What a contender makes of batch 0.</summary>
    /// <param name="Loss">Its loss.</param>
    /// <param name="Gradients">Its gradients.</param>
    /// <param name="Losses">The loss before and after each of a few steps on it.</param>
    /// <param name="Statistics">Running statistics after one step on it.</param>
    private sealed record Trained(double Loss, float[][] Gradients, double[] Losses, float[][] Statistics);

    private static Trained Train(ProgramSpec program, Contender contender, float[][] weights, bool steps, bool norms)
    {
        (double loss, float[][] gradients) = contender.LossAndGradients(0);
        if (!steps) return new(loss, gradients, [], []);
        contender.Load(weights);
        contender.Train(1);
        float[][] statistics = norms ? [.. contender.Weights().Zip(IsStatistic(program), static (values, isStatistic) => (values, isStatistic)).Where(static pair => pair.isStatistic).Select(static pair => pair.values)] : [];
        var losses = new double[Steps];
        for (int i = 0; i < Steps; i++)
        {
            losses[i] = contender.LossAndGradients(0).Loss;
            if (i < Steps - 1) contender.Train(1);
        }
        return new(loss, gradients, [loss, .. losses], statistics);
    }

    private static IEnumerable<bool> IsStatistic(ProgramSpec program) =>
        program.Layers.SelectMany(static layer => Enumerable.Range(0, ParameterValues.Count(layer)).Select(i => layer is Norm && i >= 2));

    /// <summary>The loss of batch 0 under drawn masks.</summary>
    private static double MeanLoss(Contender contender) => Enumerable.Range(0, Draws).Select(_ => contender.LossAndGradients(0).Loss).Average();

    /// <summary>Outputs that do not depend on the image would agree for any reason.</summary>
    private static void Sane(ProgramSpec program, float[] outputs)
    {
        if (program.Batch > 1 && Enumerable.Range(0, program.OutputLength).All(c => Math.Abs(outputs[c] - outputs[program.OutputLength + c]) < 1e-6f))
            throw new DifferentFunctionException($"{program.Name}: the first two images give equal outputs, so that the comparison would show nothing.");
    }

    private static double Difference(float[] left, float[] right) => left.Length == right.Length
        ? left.Zip(right, static (l, r) => (double)Math.Abs(l - r)).Aggregate(0.0, static (worst, next) => next <= worst ? worst : next)
        : double.NaN;

    private static double RootMeanSquare(float[] expected, float[] actual) => expected.Length == actual.Length
        ? Math.Sqrt(expected.Zip(actual, static (l, r) => ((double)l - r) * ((double)l - r)).Sum() / expected.Sum(static value => (double)value * value))
        : double.NaN;

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
