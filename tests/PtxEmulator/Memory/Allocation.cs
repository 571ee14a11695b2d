namespace Convoke.PtxEmulator;

/// <summary>A live allocation of device memory.</summary>
public readonly record struct Allocation(ulong Start, long Bytes);
