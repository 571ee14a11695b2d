namespace Convoke.PtxEmulator;

/// <summary>A cp.async under way: <paramref name="Bytes"/> to shared memory at <paramref name="Target"/>, of which the first <paramref name="Taken"/> come from <paramref name="Source"/>, the rest are zero.</summary>
internal record struct PendingCopy(int Lane, int Target, ulong Source, int Bytes, int Taken, int Group);
