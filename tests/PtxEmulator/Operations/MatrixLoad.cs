using System.Runtime.CompilerServices;

namespace Convoke.PtxEmulator;

/// <summary>
/// ldmatrix of 1, 2 or 4 matrices of 8 rows of 16 bytes: lane 8i + r names row r of matrix i, and lane 4g + t receives two values of row g, or of column g
/// when transposed. Each row counts as an access of the lane that names it.
/// </summary>
internal sealed unsafe class MatrixLoad(Instruction at, StateSpace space, AddressOperand address, int[] registers, bool transposed) : Operation
{
    private const int RowBytes = 16, RowsPerMatrix = 8;

    [SkipLocalsInit]
    public override void Execute(Warp warp)
    {
        BlockContext context = warp.Block;
        ulong* offsets = stackalloc ulong[Warp.Lanes];
        address.Compute(warp, space == StateSpace.Generic ? context.Shared.Start : 0).Store(offsets);
        int rows = registers.Length * RowsPerMatrix;
        for (int lane = 0; lane < rows; lane++)
        {
            if ((offsets[lane] & (RowBytes - 1)) != 0) throw warp.Fault(DeviceFaultKind.Misaligned, lane, at, $"row at shared offset {offsets[lane]}, no multiple of {RowBytes}");
            if (context.SharedBytes < RowBytes || offsets[lane] > (ulong)(context.SharedBytes - RowBytes))
                throw warp.Fault(DeviceFaultKind.SharedOutOfBounds, lane, at, $"row at shared offset {(long)offsets[lane]}, and the block has {context.SharedBytes} bytes");
        }
        Track(warp, offsets, rows);
        byte* data = context.Shared.Data;
        for (int i = 0; i < registers.Length; i++)
        {
            uint* target = (uint*)(warp.Registers + registers[i]);
            ulong* row = offsets + i * RowsPerMatrix;
            for (int lane = 0; lane < Warp.Lanes; lane++)
            {
                int g = lane >> 2, t = lane & 3;
                target[lane] = transposed
                    ? *(ushort*)(data + row[2 * t] + 2 * g) | (uint)*(ushort*)(data + row[2 * t + 1] + 2 * g) << 16
                    : *(uint*)(data + row[g] + 4 * t);
            }
        }
    }

    private void Track(Warp warp, ulong* offsets, int rows)
    {
        ExecutionOptions options = warp.Block.Options;
        if (options.Count)
        {
            warp.Block.Tally.MatrixLoads++;
            AccessCounter.CountMatrices(warp.Block.Tally, offsets, registers.Length);
        }
        if (!options.DetectRaces && !options.DetectUninitialized) return;
        uint mask = warp.Mask;
        warp.SetMask(rows == Warp.Lanes ? uint.MaxValue : (1u << rows) - 1);
        AccessTracker.Check(warp, at, warp.Block.Shared, offsets, RowBytes, MemoryShape.Scattered, AccessKind.Load);
        warp.SetMask(mask);
    }
}
