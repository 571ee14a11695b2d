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

    /// <summary>Sees to it that a model's kernels can be compiled for the device.</summary>
    /// <param name="capability">What they need, times ten; 0 for nothing beyond what every device has.</param>
    /// <param name="model">Whose.</param>
    /// <exception cref="DeviceNotAvailableException">The device is older.</exception>
    public void Require(int capability, string model)
    {
        if (Architecture >= capability) return;
        throw new DeviceNotAvailableException(string.Create(
            CultureInfo.InvariantCulture, $"{model} multiplies on tensor cores that compute capability {capability / 10}.{capability % 10} brings, and {Name} has {Major}.{Minor}; take Precision.Float16, leave Precision out of [Model], or take Device.Cpu"));
    }

    /// <summary>One line for people.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"{Name}, compute capability {Major}.{Minor}, {Multiprocessors} multiprocessors, {MemoryBytes / (double)(1L << 30):0.0} GiB");
}
