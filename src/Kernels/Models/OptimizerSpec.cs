namespace Convoke.Kernels.Models;

/// <summary>How parameters follow their gradients.</summary>
public abstract record OptimizerSpec(double LearningRate);

/// <summary>w -= rate * g.</summary>
public sealed record SgdSpec(double LearningRate) : OptimizerSpec(LearningRate);

/// <summary>Adam (Kingma and Ba 2015). Where epsilon stands differs between the presets: <see cref="EpsilonForm"/>.</summary>
public sealed record AdamSpec(double LearningRate, double Beta1, double Beta2, double Epsilon, EpsilonForm Form) : OptimizerSpec(LearningRate);

/// <summary>The two places of Adam's epsilon that frameworks use.</summary>
public enum EpsilonForm
{
    /// <summary>Keras, and the paper's end of section 2: w -= rate * sqrt(1-b2^t)/(1-b1^t) * m / (sqrt(v) + eps).</summary>
    BeforeCorrection,

    /// <summary>PyTorch, and the paper's algorithm 1: w -= rate/(1-b1^t) * m / (sqrt(v / (1-b2^t)) + eps).</summary>
    AfterCorrection,
}
