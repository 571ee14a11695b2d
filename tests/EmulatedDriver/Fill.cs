using System.Runtime.InteropServices;

namespace Convoke.EmulatedDriver;

/// <summary>Fills device memory with a value of one or four bytes.</summary>
internal sealed unsafe class Fill(ulong address, uint value, long count, int elementBytes) : Work
{
    public override NodeType Type => NodeType.Fill;

    public override void Run(Context context)
    {
        DeviceRange.CheckAgain(context, address, count * elementBytes);
        if (elementBytes == 1) NativeMemory.Fill((void*)address, (nuint)count, (byte)value);
        else new Span<uint>((void*)address, checked((int)count)).Fill(value);
        context.Memory.MarkInitialized(address, count * elementBytes);
    }
}
