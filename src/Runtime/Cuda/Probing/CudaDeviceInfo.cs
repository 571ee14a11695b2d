using System.Globalization;

namespace Convoke;

/// <summary>A GPU as the driver describes it.</summary>
/// <param name="Ordinal">The driver's number, from 0.</param>
/// <param name="Name">"NVIDIA H100 80GB HBM3".</param>
/// <param name="Major">Compute capability, before the point.</param>
/// <param name="Minor">Compute capability, after the point.</param>
/// <param name="Multiprocessors">Streaming multiprocessors.</param>
/// <param name="MemoryBytes">All of its memory, what others use included.</param>
internal sealed record CudaDeviceInfo(int Ordinal, string Name, int Major, int Minor, int Multiprocessors, long MemoryBytes)
{
    /// <summary>The number in NVRTC's names of architectures: 90 for sm_90.</summary>
    public int Architecture => Major * 10 + Minor;

    /// <summary>One line for people.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"{Name}, compute capability {Major}.{Minor}, {Multiprocessors} multiprocessors, {MemoryBytes / (double)(1L << 30):0.0} GiB");
}
