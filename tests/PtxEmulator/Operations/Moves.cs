using System.Numerics;
using System.Runtime.Intrinsics;

namespace Convoke.PtxEmulator;

/// <summary>mov of 64 bits.</summary>
internal sealed unsafe class CopyWide(int result, int source) : Operation
{
    public override void Execute(Warp warp)
    {
        ulong* d = (ulong*)(warp.Registers + result), a = (ulong*)(warp.Registers + source);
        for (int i = 0; i < Warp.Lanes; i += 8)
        {
            Vector512<ulong> value = Vector512.Load(a + i);
            if (!warp.IsFull) value = Vector512.ConditionalSelect(warp.WideMask(i), value, Vector512.Load(d + i));
            value.Store(d + i);
        }
    }
}

/// <summary>mov d, {a, b, ...}: parts of a register, lowest first.</summary>
internal sealed unsafe class Pack(int result, bool wideResult, int[] parts, int partBits) : Operation
{
    public override void Execute(Warp warp)
    {
        uint mask = partBits == 32 ? uint.MaxValue : (1u << partBits) - 1;
        for (uint left = warp.Mask; left != 0; left &= left - 1)
        {
            int lane = BitOperations.TrailingZeroCount(left);
            ulong value = 0;
            for (int i = 0; i < parts.Length; i++) value |= (ulong)(((uint*)(warp.Registers + parts[i]))[lane] & mask) << (i * partBits);
            if (wideResult) ((ulong*)(warp.Registers + result))[lane] = value;
            else ((uint*)(warp.Registers + result))[lane] = (uint)value;
        }
    }
}

/// <summary>mov {a, b, ...}, d. A part at offset -1 is not wanted.</summary>
internal sealed unsafe class Unpack(int[] parts, int partBits, int source, bool wideSource) : Operation
{
    public override void Execute(Warp warp)
    {
        uint mask = partBits == 32 ? uint.MaxValue : (1u << partBits) - 1;
        for (uint left = warp.Mask; left != 0; left &= left - 1)
        {
            int lane = BitOperations.TrailingZeroCount(left);
            ulong value = wideSource ? ((ulong*)(warp.Registers + source))[lane] : ((uint*)(warp.Registers + source))[lane];
            for (int i = 0; i < parts.Length; i++)
                if (parts[i] >= 0) ((uint*)(warp.Registers + parts[i]))[lane] = (uint)(value >> (i * partBits)) & mask;
        }
    }
}

/// <summary>cvta: between generic addresses and those of shared, local or parameter memory.</summary>
internal sealed unsafe class ConvertAddress(int result, int source, StateSpace space, bool toSpace) : Operation
{
    public override void Execute(Warp warp)
    {
        for (uint left = warp.Mask; left != 0; left &= left - 1)
        {
            int lane = BitOperations.TrailingZeroCount(left);
            ulong window = warp.Block.WindowOf(warp, lane, space);
            ulong address = ((ulong*)(warp.Registers + source))[lane];
            ((ulong*)(warp.Registers + result))[lane] = toSpace ? address - window : address + window;
        }
    }
}
