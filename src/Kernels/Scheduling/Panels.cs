namespace Convoke.Kernels.Scheduling;

/// <summary>How channels and weights are padded and cut, the same for every vector width.</summary>
/// <remarks>
/// A stored value's channels are padded to a multiple of 16 floats, one 64-byte line, with zeros, so that no channel loop has a tail. Weights are kept in
/// panels of output channels, [K / panel][reduction][panel]: a kernel streams one panel from front to back while its output tile stays in registers.
/// The input image is the exception: it is stored as it comes, and a convolution broadcasts its elements one by one.
/// </remarks>
public static class Panels
{
    /// <summary>Floats of a cache line, and the unit of all padding.</summary>
    public const int Line = 16;

    public static int Pad(int count) => (count + Line - 1) / Line * Line;

    /// <summary>Width of a panel of <paramref name="channels"/> padded output channels: two vectors of 512 bits where that divides them, else three, else one.</summary>
    public static int Width(int channels) => channels % 32 == 0 ? 32 : channels % 48 == 0 ? 48 : 16;
}
