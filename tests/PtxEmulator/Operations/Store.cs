using System.Numerics;

namespace Convoke.PtxEmulator;

/// <summary>st, of one to four elements.</summary>
internal sealed unsafe class Store(Instruction at, StateSpace space, AddressOperand address, ElementFormat format, int[] registers, bool strong)
    : MemoryOperation(at, space, address, format.Size * registers.Length)
{
    protected override bool IsStore => true;

    protected override void Perform(Warp warp, MemoryBlock block, ulong* offsets, MemoryShape shape)
    {
        AccessTracker.Track(warp, At, block, offsets, Bytes, shape, strong ? AccessKind.StrongStore : AccessKind.Store);
        if (format is { Size: 4, Wide: false })
        {
            if (shape == MemoryShape.Consecutive && registers.Length == 1)
            {
                byte* source = warp.Registers + registers[0];
                Vectors.Store(block.Data + offsets[0], Vectors.Low(source), Vectors.High(source));
                return;
            }
            if (registers.Length == 4 && Quads.IsSupported && warp.Mask == uint.MaxValue)
            {
                byte* r = warp.Registers;
                Quads.Store(block.Data, offsets, (uint*)(r + registers[0]), (uint*)(r + registers[1]), (uint*)(r + registers[2]), (uint*)(r + registers[3]));
                return;
            }
            for (int v = 0; v < registers.Length; v++)
            {
                uint* source = (uint*)(warp.Registers + registers[v]);
                byte* target = block.Data + v * 4;
                for (uint left = warp.Mask; left != 0; left &= left - 1)
                {
                    int lane = BitOperations.TrailingZeroCount(left);
                    *(uint*)(target + offsets[lane]) = source[lane];
                }
            }
            return;
        }
        for (uint left = warp.Mask; left != 0; left &= left - 1)
        {
            int lane = BitOperations.TrailingZeroCount(left);
            for (int v = 0; v < registers.Length; v++)
            {
                byte* target = block.Data + offsets[lane] + v * format.Size;
                ulong value = format.Wide ? ((ulong*)(warp.Registers + registers[v]))[lane] : ((uint*)(warp.Registers + registers[v]))[lane];
                switch (format.Size)
                {
                    case 1: *target = (byte)value; break;
                    case 2: *(ushort*)target = (ushort)value; break;
                    case 4: *(uint*)target = (uint)value; break;
                    default: *(ulong*)target = value; break;
                }
            }
        }
    }
}
