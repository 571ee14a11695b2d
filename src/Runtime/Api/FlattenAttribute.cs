using System.Diagnostics;

namespace Convoke;

/// <summary>Lays an image out as one row of features.</summary>
/// <remarks>
/// In [H, W, C], out [H·W·C], read in the order of the model's <see cref="ModelAttribute.Layout"/>: with
/// <see cref="Layout.ChannelsFirst"/> the features are in the order C, H, W, so that weights from PyTorch fit as they are.
/// </remarks>
[Conditional("CONVOKE_KEEP_ATTRIBUTES")]
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Method, AllowMultiple = true, Inherited = false)]
public sealed class FlattenAttribute : LayerAttribute;
