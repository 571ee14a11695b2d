using System.Numerics;
using System.Runtime.Intrinsics;

namespace Convoke.PtxEmulator;

/// <summary>How the bytes of an element become a register.</summary>
/// <param name="Size">Bytes of an element.</param>
/// <param name="Signed">Extend by the sign.</param>
/// <param name="RegisterBits">Width of the register.</param>
internal readonly record struct ElementFormat(int Size, bool Signed, int RegisterBits)
{
    public bool Wide => RegisterBits == 64;
}

/// <summary>ld, of one to four elements; a register at -1 is not wanted.</summary>
internal sealed unsafe class Load(Instruction at, StateSpace space, AddressOperand address, ElementFormat format, int[] registers, bool strong)
    : MemoryOperation(at, space, address, format.Size * registers.Length)
{
    private readonly bool _isQuad = Quads.IsSupported && registers.Length == 4 && Array.TrueForAll(registers, static r => r >= 0);

    protected override bool IsStore => false;

    protected override void Perform(Warp warp, MemoryBlock block, ulong* offsets, MemoryShape shape)
    {
        AccessTracker.Track(warp, At, block, offsets, Bytes, shape, strong ? AccessKind.StrongLoad : AccessKind.Load);
        if (shape == MemoryShape.Uniform)
        {
            for (int v = 0; v < registers.Length; v++)
                if (registers[v] >= 0) Broadcast(warp.Registers + registers[v], Read(block.Data + offsets[0] + v * format.Size));
            return;
        }
        if (format is { Size: 4, Wide: false })
        {
            if (shape == MemoryShape.Consecutive && registers.Length == 1 && registers[0] >= 0)
            {
                byte* source = block.Data + offsets[0];
                Vectors.Store(warp.Registers + registers[0], Vectors.Low(source), Vectors.High(source));
                return;
            }
            if (_isQuad && warp.Mask == uint.MaxValue)
            {
                byte* r = warp.Registers;
                Quads.Load(block.Data, offsets, (uint*)(r + registers[0]), (uint*)(r + registers[1]), (uint*)(r + registers[2]), (uint*)(r + registers[3]));
                return;
            }
            for (int v = 0; v < registers.Length; v++)
            {
                if (registers[v] < 0) continue;
                uint* target = (uint*)(warp.Registers + registers[v]);
                byte* source = block.Data + v * 4;
                if (warp.Mask == uint.MaxValue)
                {
                    for (int lane = 0; lane < Warp.Lanes; lane++) target[lane] = *(uint*)(source + offsets[lane]);
                    continue;
                }
                for (uint left = warp.Mask; left != 0; left &= left - 1)
                {
                    int lane = BitOperations.TrailingZeroCount(left);
                    target[lane] = *(uint*)(source + offsets[lane]);
                }
            }
            return;
        }
        if (format is { Size: 1, Wide: false, Signed: false } && registers.Length == 1 && registers[0] >= 0)
        {
            uint* target = (uint*)(warp.Registers + registers[0]);
            for (uint left = warp.Mask; left != 0; left &= left - 1)
            {
                int lane = BitOperations.TrailingZeroCount(left);
                target[lane] = block.Data[offsets[lane]];
            }
            return;
        }
        for (uint left = warp.Mask; left != 0; left &= left - 1)
        {
            int lane = BitOperations.TrailingZeroCount(left);
            for (int v = 0; v < registers.Length; v++)
            {
                if (registers[v] < 0) continue;
                ulong value = Read(block.Data + offsets[lane] + v * format.Size);
                if (format.Wide) ((ulong*)(warp.Registers + registers[v]))[lane] = value;
                else ((uint*)(warp.Registers + registers[v]))[lane] = (uint)value;
            }
        }
    }

    private ulong Read(byte* source)
    {
        ulong value = (format.Size, format.Signed) switch
        {
            (4, false) => *(uint*)source,
            (8, _) => *(ulong*)source,
            (1, false) => *source,
            (2, false) => *(ushort*)source,
            (1, true) => (ulong)*(sbyte*)source,
            (2, true) => (ulong)*(short*)source,
            _ => (ulong)*(int*)source,
        };
        return format.RegisterBits == 16 ? value & 0xFFFF : value;
    }

    private void Broadcast(byte* register, ulong value)
    {
        if (format.Wide) new Span<ulong>(register, Warp.Lanes).Fill(value);
        else Vectors.Store(register, Vector512.Create((uint)value), Vector512.Create((uint)value));
    }
}
