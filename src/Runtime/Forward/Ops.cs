namespace Convoke;

/// <summary>Operations without weights, for <c>Forward</c>. The generator brings them into scope, so they are called by their bare names.</summary>
public static class Ops
{
    /// <summary>y = max(x, 0), element by element. Out has the shape of in.</summary>
    public static Sym Relu(Sym x) => ForwardTrace.Record("relu", x);

    /// <summary>y_i = exp(x_i) / Σ_j exp(x_j). In [F], out [F]: probabilities.</summary>
    public static Sym Softmax(Sym x) => ForwardTrace.Record("softmax", x);

    /// <summary>An image as one row of features. In [H, W, C], out [H·W·C], read in the order of the model's <see cref="ModelAttribute.Layout"/>.</summary>
    public static Sym Flatten(Sym x) => ForwardTrace.Record("flatten", x);

    /// <summary>Joins values along their last axis, the channels. Not compiled yet: CVK0201.</summary>
    /// <param name="values">At least one; heights and widths agree.</param>
    public static Sym Concat(params ReadOnlySpan<Sym> values) => ForwardTrace.Record("concat", values);

    internal static Sym Add(Sym left, Sym right) => ForwardTrace.Record("add", left, right);

    internal static Sym Multiply(Sym left, Sym right) => ForwardTrace.Record("multiply", left, right);
}
