using Convoke.Kernels.Types;

namespace Convoke.Kernels.Scheduling;

/// <summary>Per-channel vectors that belong to one batch normalization, in the order in which they lie, each of the stored channels' length.</summary>
/// <remarks>With m elements a channel in the batch, sums running over them, and r = 1 / sqrt(variance + epsilon).</remarks>
public enum NormVector
{
    /// <summary>The batch's mean.</summary>
    Mean,

    /// <summary>The batch's variance, sum (x - mean)^2 / m.</summary>
    Variance,

    /// <summary>gamma r.</summary>
    Scale,

    /// <summary>sum dy / m.</summary>
    GradMean,

    /// <summary>r^2 sum dy (x - mean) / m.</summary>
    GradSlope,

    /// <summary>Gradient of gamma: r sum dy (x - mean).</summary>
    GammaGrad,

    /// <summary>Gradient of beta: sum dy.</summary>
    BetaGrad,

    /// <summary>gamma / sqrt(running variance + epsilon), what prediction scales by.</summary>
    RunningScale,
}

/// <summary>Where the vectors of a normalization lie.</summary>
public static class NormVectors
{
    /// <summary>How many there are.</summary>
    public const int Count = 8;

    /// <summary>First float of a vector, counted from the first vector's.</summary>
    public static int Offset(NormVector vector, int stored) => (int)vector * stored;
}

/// <summary>
/// Ids of the parameters of one call of a batch normalization. Running statistics are no trained tensors, but lie among the parameters. All calls of a layer
/// have the same, but for <paramref name="Moments"/>, the call's statistics of the batch, by whose id its vectors are known.
/// </summary>
public sealed record BatchNormParameters(int Gamma, int Beta, int RunningMean, int RunningVariance, int Moments, double Epsilon, double Gain, bool UnbiasedRunning);

/// <summary>Mean and variance of each channel over the batch: partial moments of each task's images, then, behind the stage, the batch's.</summary>
/// <remarks>
/// Partials are mean and sum of squared deviations, f32[2][K], merged pairwise by Chan, Golub and LeVeque (1979), eq. 2.1: no cancellation, whatever the mean.
/// Ends a stage: what reads the statistics stands in a later one.
/// </remarks>
public sealed record BatchMomentsGroup(string Name, int Call, ValueStorage Extent, int X, BatchNormParameters Parameters) : KernelGroup(Name, Call)
{
    public override bool PerImage => true;

    public override bool EndsStage => true;

    public override IEnumerable<int> Reads => [X];

    public override IEnumerable<int> Writes => [];
}

/// <summary>Sums of dy and of dy (x - mean) of each channel over the batch: partial sums f32[2][K], then, behind the stage, the batch's. Ends a stage.</summary>
public sealed record BatchNormSumsGroup(string Name, int Call, ValueStorage Extent, int Dy, int X, BatchNormParameters Parameters) : KernelGroup(Name, Call)
{
    public override bool PerImage => true;

    public override bool EndsStage => true;

    public override IEnumerable<int> Reads => [Dy, X];

    public override IEnumerable<int> Writes => [];
}

/// <summary>One call of a batch normalization: its moments, and the pixels of its map.</summary>
public sealed record BatchNormUse(int Moments, int Pixels);

/// <summary>The optimizer on gamma and beta, whose gradients are the sums of the calls', the running statistics, moved by one call after the other, and the scale of prediction.</summary>
public sealed record BatchNormUpdateGroup(string Name, int Call, int Channels, BatchNormParameters Parameters, EquatableArray<BatchNormUse> Uses) : KernelGroup(Name, Call)
{
    public override bool OverParameters => true;

    public override IEnumerable<int> Reads => [];

    public override IEnumerable<int> Writes => [];
}
