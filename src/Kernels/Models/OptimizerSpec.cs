namespace Convoke.Kernels.Models;

/// <summary>How parameters follow their gradients.</summary>
public abstract record OptimizerSpec(double LearningRate)
{
    /// <summary>Values that are kept beside each parameter: its moments.</summary>
    public abstract int Moments { get; }
}

/// <summary>w -= rate * g; with momentum m = momentum * m + g and w -= rate * m, or w -= rate * (g + momentum * m) (Nesterov).</summary>
public sealed record SgdSpec(double LearningRate, double Momentum = 0, bool Nesterov = false) : OptimizerSpec(LearningRate)
{
    public override int Moments => Momentum > 0 ? 1 : 0;
}

/// <summary>
/// Adam (Kingma and Ba 2015). Where epsilon stands differs between the presets: <see cref="EpsilonForm"/>. With weight decay it is AdamW
/// (Loshchilov and Hutter 2019): each step first takes rate * decay * w off the parameter, outside of the moments.
/// </summary>
public sealed record AdamSpec(double LearningRate, double Beta1, double Beta2, double Epsilon, EpsilonForm Form, double WeightDecay = 0) : OptimizerSpec(LearningRate)
{
    public override int Moments => 2;
}

/// <summary>The two places of Adam's epsilon that frameworks use.</summary>
public enum EpsilonForm
{
    /// <summary>Keras, and the paper's end of section 2: w -= rate * sqrt(1-b2^t)/(1-b1^t) * m / (sqrt(v) + eps).</summary>
    BeforeCorrection,

    /// <summary>PyTorch, and the paper's algorithm 1: w -= rate/(1-b1^t) * m / (sqrt(v / (1-b2^t)) + eps).</summary>
    AfterCorrection,
}
