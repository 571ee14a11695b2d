using System.Globalization;
using Convoke.Benchmarks.Contenders;

namespace Convoke.Benchmarks.Programs;

/// <summary>Holds contenders to one function before they are timed.</summary>
internal static class SameFunction
{
    /// <summary>
    /// Largest |difference| of probabilities, and of a tensor's gradients or a loss relative to its largest magnitude. Single precision sums
    /// of up to 100,000 terms in different orders stay below 1e-5; a wrong layout, bias or scale gives 1e-2 and more.
    /// </summary>
    private const double Tolerance = 1e-4;

    /// <summary>Losses after optimizer steps: where a gradient is almost zero, Adam turns its rounding error into a step of up to the rate.</summary>
    private const double StepTolerance = 1e-3;

    private const int Steps = 4;

    /// <summary>Gives all contenders the first one's weights and compares probabilities, loss, gradients and optionally the losses of Adam steps with the first one's.</summary>
    /// <returns>What was compared, with the largest deviations, one line.</returns>
    /// <exception cref="DifferentFunctionException">Some contender deviates.</exception>
    public static string Check(ProgramSpec program, IReadOnlyList<Contender> contenders, float[][] weights, bool gradients, bool steps)
    {
        float[]? probabilities = null;
        (double Loss, float[][] Gradients)? backward = null;
        double[]? losses = null;
        double worstOutput = 0, worstGradient = 0, worstLoss = 0;
        foreach (Contender contender in contenders)
        {
            contender.Select();
            contender.Load(weights);
            float[] own = contender.Probabilities(0);
            Sane(program, own);
            probabilities ??= own;
            worstOutput = Math.Max(worstOutput, Hold("probabilities", Difference(probabilities, own), Tolerance));
            if (!contender.Trains || !gradients) continue;

            (double Loss, float[][] Gradients) ownBackward = contender.LossAndGradients(0);
            backward ??= ownBackward;
            worstGradient = Math.Max(worstGradient, Hold("loss", Math.Abs((ownBackward.Loss / backward.Value.Loss) - 1), Tolerance));
            for (int i = 0; i < weights.Length; i++)
                worstGradient = Math.Max(worstGradient, Hold(Text($"gradient of parameter {i}"), Difference(backward.Value.Gradients[i], ownBackward.Gradients[i]) / backward.Value.Gradients[i].Max(Math.Abs), Tolerance));
            if (!steps) continue;

            double[] ownLosses = Losses(contender);
            losses ??= ownLosses;
            if (losses[^1] == losses[0]) throw new DifferentFunctionException($"{program.Name}: {contender.Name} does not learn.");
            worstLoss = Math.Max(worstLoss, Hold("losses of Adam steps", losses.Zip(ownLosses, static (left, right) => Math.Abs((right / left) - 1)).Max(), StepTolerance));

            double Hold(string what, double deviation, double allowed) => deviation <= allowed // false for NaN too
                ? deviation
                : throw new DifferentFunctionException(Text($"{program.Name}: {contender.Name} deviates from {contenders[0].Name} by {deviation:0.0E-0} in the {what}, allowed {allowed:0.0E-0}."));
        }
        return Text($"{program.Name}: probabilities within {worstOutput:0.0E-0}")
            + (gradients ? Text($", loss and gradients within {worstGradient:0.0E-0}") : "")
            + (steps ? Text($", losses of {Steps} Adam steps within {worstLoss:0.0E-0}") : "");
    }

    /// <summary>The loss of batch 0 before and after each of a few steps on it.</summary>
    private static double[] Losses(Contender contender)
    {
        var losses = new double[Steps + 1];
        for (int i = 0; i <= Steps; i++)
        {
            losses[i] = contender.LossAndGradients(0).Loss;
            if (i < Steps) contender.Train(1);
        }
        return losses;
    }

    /// <summary>Outputs that do not depend on the image would agree for any reason.</summary>
    private static void Sane(ProgramSpec program, float[] probabilities)
    {
        if (program.Batch > 1 && Enumerable.Range(0, program.Classes).All(c => Math.Abs(probabilities[c] - probabilities[program.Classes + c]) < 1e-6f))
            throw new DifferentFunctionException($"{program.Name}: the first two images give equal probabilities, so that the comparison would show nothing.");
    }

    private static double Difference(float[] left, float[] right) => left.Length == right.Length
        ? left.Zip(right, static (l, r) => (double)Math.Abs(l - r)).Aggregate(0.0, static (worst, next) => next <= worst ? worst : next)
        : double.NaN;

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
