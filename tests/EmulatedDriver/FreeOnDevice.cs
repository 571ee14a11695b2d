namespace Convoke.EmulatedDriver;

/// <summary>cuMemFreeAsync: the memory lives until the stream gets here.</summary>
internal sealed class FreeOnDevice(ulong address) : Work
{
    public override NodeType Type => NodeType.Empty;

    public override void Issued(Context context) => context.PendingFrees.Add(address);

    public override void Retired(Context context) => context.PendingFrees.Remove(address);

    public override void Run(Context context) => context.Memory.Free(address);
}
