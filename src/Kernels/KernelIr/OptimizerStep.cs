using Convoke.Kernels.Models;

namespace Convoke.Kernels.KernelIr;

/// <summary>One parameter's optimizer step: w and its moments m and v, out of the gradient g, the step's rate and the second moment's scale.</summary>
/// <remarks>The factors that change from step to step are not computed here, but once per step: rate carries the bias corrections.</remarks>
public static class OptimizerStep
{
    /// <summary>Moments smaller than this are dropped: denormal arithmetic is many times slower on processors, and they move nothing.</summary>
    private const double TinyMoment = 1e-30;

    public static Pointwise Of(OptimizerSpec optimizer) => optimizer switch
    {
        AdamSpec { Form: EpsilonForm.BeforeCorrection } adam => Adam(adam, "Adam (Kingma and Ba 2015, section 2): m += (1-b1)(g - m); v += (1-b2)(g^2 - v); w -= rate sqrt(1-b2^t)/(1-b1^t) m / (sqrt v + eps)"),
        AdamSpec adam => Adam(adam, "Adam (Kingma and Ba 2015, algorithm 1): m += (1-b1)(g - m); v += (1-b2)(g^2 - v); w -= rate/(1-b1^t) m / (sqrt(v/(1-b2^t)) + eps)"),
        SgdSpec { Momentum: > 0 } sgd => Momentum(sgd),
        _ => new("SGD: w -= rate g", [], [new("w", (Expression)"w" - (Expression)"rate" * "g")]),
    };

    /// <summary>Sutskever et al. 2013, in the form in which the rate stands outside of the moment.</summary>
    private static Pointwise Momentum(SgdSpec sgd)
    {
        Expression g = "g", m = "m", momentum = new Expression.Constant("momentum"), tiny = new Expression.Constant("tiny");
        Expression ahead = sgd.Nesterov ? new Expression.MultiplyAdd(momentum, m, g) : m;
        return new(
            sgd.Nesterov ? "SGD with Nesterov's momentum (Sutskever et al. 2013): m = momentum m + g; w -= rate (g + momentum m)" : "SGD with momentum: m = momentum m + g; w -= rate m",
            [new("momentum", sgd.Momentum), new("tiny", TinyMoment)],
            [
                new("m", new Expression.MultiplyAdd(momentum, m, g)),
                new("m", new Expression.Flush(m, tiny, IsSigned: true)),
                new("w", (Expression)"w" - (Expression)"rate" * ahead),
            ]);
    }

    private static Pointwise Adam(AdamSpec adam, string comment)
    {
        Expression g = "g", m = "m", v = "v", w = "w", rate = "rate", scale = "scale";
        Expression gain1 = new Expression.Constant("gain1"), gain2 = new Expression.Constant("gain2"), epsilon = new Expression.Constant("epsilon"), tiny = new Expression.Constant("tiny");
        bool decays = adam.WeightDecay > 0;
        return new(
            decays ? comment.Replace("Adam (Kingma and Ba 2015", "AdamW (Loshchilov and Hutter 2019, over Kingma and Ba 2015") + "; before it w -= decay w, decay = rate * weight decay" : comment,
            [
                new("gain1", 1 - adam.Beta1), new("gain2", 1 - adam.Beta2), new("epsilon", adam.Epsilon), new("tiny", TinyMoment),
                .. decays ? [new NamedConstant("kept", 1 - (adam.LearningRate * adam.WeightDecay))] : Array.Empty<NamedConstant>(),
            ],
            [
                new("m", new Expression.MultiplyAdd(gain1, g - m, m)),
                new("v", new Expression.MultiplyAdd(gain2, g * g - v, v)),
                new("m", new Expression.Flush(m, tiny, IsSigned: true)),
                new("v", new Expression.Flush(v, tiny, IsSigned: false)),
                new("w", (decays ? new Expression.Constant("kept") * w : w) - rate * m / new Expression.MultiplyAdd(new Expression.SquareRoot(v), scale, epsilon)),
            ]);
    }
}
