namespace Convoke.Cuda.Tests;

/// <summary>A test that needs NVIDIA's libcuda on a machine without a GPU: beside NVRTC, where .ci/fetch-nvrtc.sh lays it. Else as <see cref="NvrtcFactAttribute"/>.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class RealDriverFactAttribute : FactAttribute
{
    public RealDriverFactAttribute()
    {
        if (!Requirements.AreRequired && Find() is null) Skip = "NVIDIA's libcuda.so.1 is not in nvidia/current beside the NVRTC that CONVOKE_NVRTC names";
    }

    /// <summary>The file, or null.</summary>
    public static string? Find()
    {
        string? file = Environment.GetEnvironmentVariable("CONVOKE_NVRTC") is { Length: > 0 } folder ? Path.Combine(folder, "nvidia", "current", "libcuda.so.1") : null;
        return File.Exists(file) ? file : null;
    }
}
