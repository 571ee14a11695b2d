namespace Convoke.PtxEmulator;

/// <summary>One launch. <paramref name="Parameters"/> holds the parameter block, laid out by <see cref="PtxKernel.Parameters"/>.</summary>
public sealed record KernelLaunch(PtxKernel Kernel, Dim3 Grid, Dim3 Block, int DynamicSharedBytes, ReadOnlyMemory<byte> Parameters);
