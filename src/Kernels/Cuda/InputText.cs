using Convoke.Kernels.Models;

namespace Convoke.Kernels.Cuda;

/// <summary>An input of the model as kernels find it in the data set, whose samples have all inputs one behind the other.</summary>
/// <param name="Spec">The input.</param>
/// <param name="Place">Its place in a sample.</param>
public sealed record InputText(InputSpec Spec, InputPlace Place)
{
    /// <summary>Whether it is the whole of a sample.</summary>
    private bool IsOnly => Place.IsOnly(Spec.Count);

    /// <summary>Whether its values begin at a multiple of four in every sample.</summary>
    public bool IsInFours => Place.Offset % 4 == 0 && Place.Sample % 4 == 0;

    /// <summary>Behind the names of kernels that copy it: nothing, or "_left".</summary>
    public string Suffix => IsOnly ? "" : "_" + CudaNames.Of(Spec.Name!);

    /// <summary>"u8 or f32[samples,28,28,1] NHWC", or of several inputs "values 784 to 788 of each sample u8 or f32[samples,789]".</summary>
    public string Text => IsOnly
        ? $"u8 or f32[samples,{Spec.Height},{Spec.Width},{Spec.Channels}] NHWC"
        : $"{Spec.Name}{(Spec.IsFlat ? "" : $" [{Spec.Height},{Spec.Width},{Spec.Channels}] NHWC")}, values {Place.Offset} to {Place.Offset + Spec.Count - 1} of each sample u8 or f32[samples,{Place.Sample}]";

    /// <summary>Before the letter of what a convolution reads, in comments: nothing, or "left is ".</summary>
    public string Of => IsOnly ? "" : $"{Spec.Name} is ";

    /// <summary>Index of its first value in the data set's sample number <c>sample</c>.</summary>
    /// <param name="count">Text of its values of a sample.</param>
    public string Origin(string count) => IsOnly ? $"(size_t)sample * {count}" : $"(size_t)sample * {Place.Sample} + {Place.Offset}";
}
