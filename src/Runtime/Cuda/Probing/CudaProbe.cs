namespace Convoke;

/// <summary>What this machine has for CUDA.</summary>
/// <param name="Available">There is a usable GPU, a driver and a compiler.</param>
/// <param name="Devices">The usable GPUs, in the driver's order; empty where there are none.</param>
/// <param name="Explanation">One line: what was found, or what is missing and where it was looked for.</param>
/// <param name="DriverVersion">CUDA version of the driver, for example 12.4; null without a driver.</param>
/// <param name="CompilerVersion">Version of NVRTC; null where it was not found.</param>
internal sealed record CudaProbe(bool Available, IReadOnlyList<CudaDeviceInfo> Devices, string Explanation, Version? DriverVersion, Version? CompilerVersion);
