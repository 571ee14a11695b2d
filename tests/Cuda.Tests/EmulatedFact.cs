namespace Convoke.Cuda.Tests;

/// <summary>A test that runs kernels on the emulated driver, and so needs it and NVRTC; where either is absent it is skipped by name, or fails when CI_REQUIRE_DATA=1.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class EmulatedFactAttribute : FactAttribute
{
    public EmulatedFactAttribute() => Skip = Requirements.MissingForDevice;
}

/// <summary>A theory that runs kernels on the emulated driver, as <see cref="EmulatedFactAttribute"/>.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class EmulatedTheoryAttribute : TheoryAttribute
{
    public EmulatedTheoryAttribute() => Skip = Requirements.MissingForDevice;
}

/// <summary>Tests that use the process's driver run one after the other: its faults, counts and the debug level are the process's.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class DriverTests
{
    public const string Name = "driver";
}
