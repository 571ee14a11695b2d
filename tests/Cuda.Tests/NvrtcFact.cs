namespace Convoke.Cuda.Tests;

/// <summary>A test that needs NVRTC; where it is absent the test is skipped by name, or fails when CI_REQUIRE_DATA=1.</summary>
/// <remarks>NVRTC is looked for as programs look for it; CONVOKE_NVRTC names a folder, and .ci/fetch-nvrtc.sh makes one.</remarks>
[AttributeUsage(AttributeTargets.Method)]
public sealed class NvrtcFactAttribute : FactAttribute
{
    public NvrtcFactAttribute()
    {
        if (!Requirements.AreRequired && !KernelCompiler.TryFind(out string explanation)) Skip = explanation;
    }
}

/// <summary>A theory that needs NVRTC, as <see cref="NvrtcFactAttribute"/>.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class NvrtcTheoryAttribute : TheoryAttribute
{
    public NvrtcTheoryAttribute()
    {
        if (!Requirements.AreRequired && !KernelCompiler.TryFind(out string explanation)) Skip = explanation;
    }
}

/// <summary>What is absent here is a skip; with CI_REQUIRE_DATA=1 it is a failure.</summary>
public static class Requirements
{
    /// <summary>Why tests that run kernels are skipped; null: they are not.</summary>
    public static string? MissingForDevice =>
        AreRequired ? null
        : EmulatedDriver.File is null ? EmulatedDriver.Missing
        : KernelCompiler.TryFind(out string explanation) ? null : explanation;

    public static bool AreRequired => Environment.GetEnvironmentVariable("CI_REQUIRE_DATA") == "1";
}
