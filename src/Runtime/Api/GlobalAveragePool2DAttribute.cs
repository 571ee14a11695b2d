using System.Diagnostics;

namespace Convoke;

/// <summary>The mean of each channel over the whole image (Lin et al., 2013, "Network in network").</summary>
/// <remarks>In [H, W, C], out [C]: <c>y[c] = Σ_h Σ_w x[h,w,c] / (H·W)</c>.</remarks>
[Conditional("CONVOKE_KEEP_ATTRIBUTES")]
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Method, AllowMultiple = true, Inherited = false)]
public sealed class GlobalAveragePool2DAttribute : LayerAttribute;
