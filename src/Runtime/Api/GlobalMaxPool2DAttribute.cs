using System.Diagnostics;

namespace Convoke;

/// <summary>The maximum of each channel over the whole image.</summary>
/// <remarks>In [H, W, C], out [C]. The gradient goes to the first maximum in row order.</remarks>
[Conditional("CONVOKE_KEEP_ATTRIBUTES")]
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Method, AllowMultiple = true, Inherited = false)]
public sealed class GlobalMaxPool2DAttribute : LayerAttribute;
