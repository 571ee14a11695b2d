namespace Convoke;

/// <summary>Operations without weights, for <c>Forward</c>. The generator brings them into scope, so they are called by their bare names.</summary>
/// <remarks>Numbers that they take are constants, or follow from constants.</remarks>
public static class Ops
{
    private const int MaxFactor = 1024;

    /// <summary>y = max(x, 0), element by element. Out has the shape of in.</summary>
    public static Sym Relu(Sym x) => ForwardTrace.Record("relu", x);

    /// <summary>y = x where x &gt; 0, else <paramref name="slope"/> · x, element by element. Out has the shape of in.</summary>
    /// <param name="x">The value.</param>
    /// <param name="slope">A finite number; the default is PyTorch's. A layer's <see cref="Activation.LeakyRelu"/> takes the preset's.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="slope"/> is not finite.</exception>
    public static Sym LeakyRelu(Sym x, double slope = 0.01)
    {
        if (!double.IsFinite(slope)) throw new ArgumentOutOfRangeException(nameof(slope), slope, "A slope is a finite number.");
        return ForwardTrace.Record("leaky_relu", [slope], x);
    }

    /// <summary>y = x · Φ(x), element by element, Φ the normal distribution (exact, not the approximation by tanh). Out has the shape of in.</summary>
    public static Sym Gelu(Sym x) => ForwardTrace.Record("gelu", x);

    /// <summary>y = x / (1 + exp(-x)), element by element, also called swish. Out has the shape of in.</summary>
    public static Sym Silu(Sym x) => ForwardTrace.Record("silu", x);

    /// <summary>y = 1 / (1 + exp(-x)), element by element. Out has the shape of in.</summary>
    public static Sym Sigmoid(Sym x) => ForwardTrace.Record("sigmoid", x);

    /// <summary>y = tanh(x), element by element. Out has the shape of in.</summary>
    public static Sym Tanh(Sym x) => ForwardTrace.Record("tanh", x);

    /// <summary>y_i = exp(x_i) / Σ_j exp(x_j) over the last axis: probabilities. Out has the shape of in. Only what the model returns can be it.</summary>
    public static Sym Softmax(Sym x) => ForwardTrace.Record("softmax", x);

    /// <summary>y_i = x_i - log Σ_j exp(x_j) over the last axis. Out has the shape of in. Only what the model returns can be it.</summary>
    public static Sym LogSoftmax(Sym x) => ForwardTrace.Record("log_softmax", x);

    /// <summary>An image as one row of features. In [H, W, C], out [H·W·C], read in the order of the model's <see cref="ModelAttribute.Layout"/>.</summary>
    public static Sym Flatten(Sym x) => ForwardTrace.Record("flatten", x);

    /// <summary>The mean of each channel over the whole image. In [H, W, C], out [C].</summary>
    public static Sym GlobalAveragePool(Sym x) => ForwardTrace.Record("global_average_pool", x);

    /// <summary>The maximum of each channel over the whole image. In [H, W, C], out [C].</summary>
    public static Sym GlobalMaxPool(Sym x) => ForwardTrace.Record("global_max_pool", x);

    /// <summary>Every pixel becomes a square of equal pixels. In [H, W, C], out [H·factor, W·factor, C].</summary>
    /// <param name="x">An image.</param>
    /// <param name="factor">Rows and columns that a pixel becomes, 1 to 1024.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="factor"/> is out of its range.</exception>
    public static Sym Upsample(Sym x, int factor) => Upsample(x, factor, factor);

    /// <summary>Every pixel becomes a block of equal pixels. In [H, W, C], out [H·height, W·width, C].</summary>
    /// <param name="x">An image.</param>
    /// <param name="height">Rows that a pixel becomes, 1 to 1024.</param>
    /// <param name="width">Columns that a pixel becomes, 1 to 1024.</param>
    /// <exception cref="ArgumentOutOfRangeException">A factor is out of its range.</exception>
    public static Sym Upsample(Sym x, int height, int width)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(height, MaxFactor);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(width, MaxFactor);
        return ForwardTrace.Record("upsample", [height, width], x);
    }

    /// <summary>Joins values along their last axis, the channels: [H, W, C1] and [H, W, C2] to [H, W, C1 + C2], or flat [F1] and [F2] to [F1 + F2].</summary>
    /// <param name="values">At least one; heights and widths agree.</param>
    public static Sym Concat(params ReadOnlySpan<Sym> values) => ForwardTrace.Record("concat", values);

    internal static Sym Add(Sym left, Sym right) => ForwardTrace.Record("add", left, right);

    internal static Sym Multiply(Sym left, Sym right) => ForwardTrace.Record("multiply", left, right);
}
