using System.Numerics;
using System.Runtime.CompilerServices;

namespace Convoke.PtxEmulator;

/// <summary>
/// A load or store: finds the memory, checks bounds and alignment of every active lane, has the access tracked and counted, and then moves the bytes.
/// </summary>
/// <param name="at">The instruction, for messages.</param>
/// <param name="space">State space of the address.</param>
/// <param name="address">The address.</param>
/// <param name="bytes">Bytes that a lane accesses.</param>
internal abstract unsafe class MemoryOperation(Instruction at, StateSpace space, AddressOperand address, int bytes) : Operation
{
    /// <summary>The allocation of the last access, which is most often that of the next.</summary>
    private MemoryBlock? _last;

    protected Instruction At { get; } = at;
    protected StateSpace Space { get; } = space;
    protected int Bytes { get; } = bytes;
    protected abstract bool IsStore { get; }

    /// <summary>The bytes of the active lanes, at offsets from the start of the block, are there; go on.</summary>
    protected abstract void Perform(Warp warp, MemoryBlock block, ulong* offsets, MemoryShape shape);

    [SkipLocalsInit]
    public override void Execute(Warp warp)
    {
        ulong* offsets = stackalloc ulong[Warp.Lanes];
        MemoryBlock? block = Space switch { StateSpace.Shared => warp.Block.Shared, StateSpace.Param => warp.Block.ParameterBlock, _ => _last };
        if (block == null || block.Bytes < Bytes || Space is StateSpace.Local or StateSpace.Generic)
        {
            Carefully(warp, offsets);
            return;
        }
        LaneAddresses addresses = address.Compute(warp, Space is StateSpace.Shared or StateSpace.Param ? 0 : block.Start);
        addresses.Store(offsets);
        ulong limit = (ulong)(block.Bytes - Bytes);
        if (warp.Mask == uint.MaxValue)
        {
            if (addresses.Fit(limit, Bytes)) Perform(warp, block, offsets, addresses.Shape(Bytes));
            else Carefully(warp, offsets);
            return;
        }
        for (uint left = warp.Mask; left != 0; left &= left - 1)
        {
            ulong offset = offsets[BitOperations.TrailingZeroCount(left)];
            if (offset <= limit && (offset & (uint)(Bytes - 1)) == 0) continue;
            Carefully(warp, offsets);
            return;
        }
        Perform(warp, block, offsets, MemoryShape.Scattered);
    }

    /// <summary>Lane by lane: finds the memory of each, faults with the first that has none, and performs the access block by block.</summary>
    private void Carefully(Warp warp, ulong* offsets)
    {
        uint mask = warp.Mask;
        for (uint left = mask; left != 0;)
        {
            MemoryBlock? block = null;
            uint part = 0;
            for (uint rest = left; rest != 0; rest &= rest - 1)
            {
                int lane = BitOperations.TrailingZeroCount(rest);
                MemoryBlock found = Locate(warp, lane, address.Of(warp, lane), out ulong offset);
                block ??= found;
                if (!ReferenceEquals(block, found)) continue;
                offsets[lane] = offset;
                part |= 1u << lane;
            }
            if (Space is StateSpace.Global or StateSpace.Const) _last = block;
            warp.SetMask(part);
            Perform(warp, block!, offsets, MemoryShape.Scattered);
            left &= ~part;
        }
        warp.SetMask(mask);
    }

    private MemoryBlock Locate(Warp warp, int lane, ulong location, out ulong offset)
    {
        BlockContext context = warp.Block;
        if ((location & (uint)(Bytes - 1)) != 0) throw warp.Fault(DeviceFaultKind.Misaligned, lane, At, $"{Kind()} of {Bytes} bytes at 0x{location:x} is not aligned");
        StateSpace where = Space == StateSpace.Generic ? context.SpaceOf(warp, lane, location) : Space;
        ulong origin = Space == StateSpace.Generic ? context.WindowOf(warp, lane, where) : 0;
        switch (where)
        {
            case StateSpace.Shared:
                offset = location - origin;
                if (context.SharedBytes < Bytes || offset > (ulong)(context.SharedBytes - Bytes))
                    throw warp.Fault(DeviceFaultKind.SharedOutOfBounds, lane, At, $"shared {Kind()} of {Bytes} bytes at offset {(long)offset}, and the block has {context.SharedBytes}");
                return context.Shared;
            case StateSpace.Local:
                offset = location - origin;
                int local = context.Launch.Kernel.LocalBytes;
                if (local < Bytes || offset > (ulong)(local - Bytes))
                    throw warp.Fault(DeviceFaultKind.LocalOutOfBounds, lane, At, $"local {Kind()} of {Bytes} bytes at offset {(long)offset}, and a thread has {local}");
                offset += (ulong)((long)(warp.Index * Warp.Lanes + lane) * context.LocalBytes);
                return context.LocalBlock;
            case StateSpace.Param:
                offset = location - origin;
                if (!context.ParameterBlock.Contains(context.ParameterBlock.Start + offset, Bytes))
                    throw warp.Fault(DeviceFaultKind.LocalOutOfBounds, lane, At, $"parameter {Kind()} of {Bytes} bytes at offset {(long)offset}, of {context.Launch.Kernel.ParameterBytes}");
                return context.ParameterBlock;
            default:
                MemoryBlock? block = context.Memory.FindBlock(location);
                if (block == null || !block.Contains(location, Bytes))
                    throw warp.Fault(DeviceFaultKind.OutOfBounds, lane, At, $"global {Kind()} of {Bytes} bytes at 0x{location:x}, {(block == null ? context.Memory.Near(location) : $"across the end of an allocation of {block.Bytes}")}");
                offset = location - block.Start;
                return block;
        }
    }

    private string Kind() => IsStore ? "store" : "load";
}
