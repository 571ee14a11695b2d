using System.Numerics;

namespace Convoke.PtxEmulator;

/// <summary>atom and red of 32 and 64 bits. Lanes act in ascending order; hardware promises none.</summary>
internal sealed unsafe class Atomic(Instruction at, StateSpace space, AddressOperand address, string operation, string type, int result, int value, int other)
    : MemoryOperation(at, space, address, ScalarType.Size(type))
{
    // Blocks may run on several threads.
    private static readonly Lock Turn = new();

    private readonly AtomicOperator _apply = AtomicOperator.Create(operation, type) ?? throw new PtxException(at.Line, $"'{at.Opcode}' is not supported");

    protected override bool IsStore => true;

    protected override void Perform(Warp warp, MemoryBlock block, ulong* offsets, MemoryShape shape)
    {
        AccessTracker.Track(warp, At, block, offsets, Bytes, MemoryShape.Scattered, AccessKind.Atomic);
        lock (Turn)
        {
            for (uint left = warp.Mask; left != 0; left &= left - 1)
            {
                int lane = BitOperations.TrailingZeroCount(left);
                byte* target = block.Data + offsets[lane];
                ulong old = Bytes == 8 ? *(ulong*)target : *(uint*)target;
                ulong changed = _apply.Apply(old, Read(warp, value, lane), other >= 0 ? Read(warp, other, lane) : 0);
                if (Bytes == 8) *(ulong*)target = changed;
                else *(uint*)target = (uint)changed;
                if (result < 0) continue;
                if (Bytes == 8) ((ulong*)(warp.Registers + result))[lane] = old;
                else ((uint*)(warp.Registers + result))[lane] = (uint)old;
            }
        }
    }

    private ulong Read(Warp warp, int register, int lane) =>
        Bytes == 8 ? ((ulong*)(warp.Registers + register))[lane] : ((uint*)(warp.Registers + register))[lane];
}
