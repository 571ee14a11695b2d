using System.Diagnostics;

namespace Convoke;

/// <summary>2-D convolution, then a bias, then an activation. Unless said otherwise its stride is 1 and it has no padding.</summary>
/// <remarks>
/// In [H, W, C], out [P, Q, K] for K filters of R rows and S columns, with strides u, v and T rows, L columns of padding before the image:
/// <c>y[p,q,k] = activation(b[k] + Σ_r Σ_s Σ_c x[p·u+r-T, q·v+s-L, c] · w[r,s,c,k])</c>, where x is 0 outside of the image. Without strides and padding P = H - R + 1;
/// <see cref="WindowAttribute"/> has the general rule. As everywhere in deep learning this is cross-correlation: the filter is not flipped.
/// Parameters: kernel, R·S·C·K elements, and bias, K elements.
/// </remarks>
[Conditional("CONVOKE_KEEP_ATTRIBUTES")]
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Method, AllowMultiple = true, Inherited = false)]
public sealed class Conv2DAttribute : WindowAttribute
{
    /// <summary>A convolution with square filters.</summary>
    /// <param name="filters">Output channels K, 1 to 16384.</param>
    /// <param name="kernel">Rows and columns of a filter, 1 to 1024.</param>
    public Conv2DAttribute(int filters, int kernel) : this(filters, kernel, kernel)
    {
    }

    /// <summary>A convolution with rectangular filters.</summary>
    /// <param name="filters">Output channels K, 1 to 16384.</param>
    /// <param name="kernelHeight">Rows R of a filter, 1 to 1024.</param>
    /// <param name="kernelWidth">Columns S of a filter, 1 to 1024.</param>
    public Conv2DAttribute(int filters, int kernelHeight, int kernelWidth)
    {
        Filters = filters;
        KernelHeight = kernelHeight;
        KernelWidth = kernelWidth;
    }

    /// <summary>Output channels K.</summary>
    public int Filters { get; }

    /// <summary>Rows R of a filter.</summary>
    public int KernelHeight { get; }

    /// <summary>Columns S of a filter.</summary>
    public int KernelWidth { get; }

    /// <summary>Applied after the bias.</summary>
    public Activation Activation { get; set; }

    /// <summary>Whether a trained bias is added to each output channel.</summary>
    public bool Bias { get; set; } = true;
}
