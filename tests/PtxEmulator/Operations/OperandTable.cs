namespace Convoke.PtxEmulator;

/// <summary>Operand offsets of a run of instructions, at a fixed address.</summary>
internal sealed unsafe class OperandTable
{
    private readonly int[] _pinned;

    public OperandTable(ReadOnlySpan<int> offsets)
    {
        _pinned = GC.AllocateUninitializedArray<int>(offsets.Length, pinned: true);
        offsets.CopyTo(_pinned);
        First = (int*)System.Runtime.InteropServices.Marshal.UnsafeAddrOfPinnedArrayElement(_pinned, 0);
    }

    public int* First { get; }

    public int* End => First + _pinned.Length;

    public OperandTable Append(OperandTable next) => new([.. _pinned, .. next._pinned]);
}
