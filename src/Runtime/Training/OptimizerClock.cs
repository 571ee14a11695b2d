using Convoke.Compiled;

namespace Convoke;

/// <summary>The step-dependent factors of the optimizers, computed in double once per step rather than per weight.</summary>
/// <remarks>
/// Adam (Kingma and Ba 2015, section 2) in two published forms that differ in where epsilon stands:
/// before correction (Keras): w -= rate * sqrt(1 - b2^t) / (1 - b1^t) * m / (sqrt(v) + eps);
/// after correction (PyTorch): w -= rate / (1 - b1^t) * m / (sqrt(v) / sqrt(1 - b2^t) + eps).
/// </remarks>
internal static class OptimizerClock
{
    /// <summary>Sets the factors of step <paramref name="step"/>, counted from 1.</summary>
    public static void Set(StepContext context, OptimizerPlan optimizer, long step)
    {
        (context.StepSize, context.SecondMomentScale) = Factors(optimizer, step);
    }

    /// <summary>StepSize and SecondMomentScale of step <paramref name="step"/>.</summary>
    public static (float StepSize, float SecondMomentScale) Factors(OptimizerPlan optimizer, long step)
    {
        if (optimizer.Moments < 2) return ((float)optimizer.LearningRate, 1f);
        double correction1 = 1 - Math.Pow(optimizer.Beta1, step);
        double root2 = Math.Sqrt(1 - Math.Pow(optimizer.Beta2, step));
        return optimizer.EpsilonAfterCorrection
            ? ((float)(optimizer.LearningRate / correction1), (float)(1 / root2))
            : ((float)(optimizer.LearningRate * root2 / correction1), 1f);
    }
}
