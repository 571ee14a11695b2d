using System.Numerics;

namespace Convoke.PtxEmulator;

/// <summary>Counts requests, 32-byte sectors of global memory and passes over the 32 banks of shared memory.</summary>
internal static unsafe class AccessCounter
{
    private const int Banks = 32, SectorBytes = 32;

    public static void Count(Warp warp, MemoryBlock block, ulong* offsets, int bytes, AccessKind kind)
    {
        Tally tally = warp.Block.Tally;
        if (kind == AccessKind.Atomic) tally.Atomics++;
        if (block.IsShared)
        {
            CountShared(tally, warp.Mask, offsets, bytes);
            return;
        }
        if (!block.IsTracked) return;
        Span<ulong> sectors = stackalloc ulong[Warp.Lanes];
        sectors = sectors[..Sectors(warp.Mask, offsets, sectors)];
        if (kind is AccessKind.Load or AccessKind.StrongLoad)
        {
            tally.GlobalLoads++;
            tally.GlobalLoadSectors += sectors.Length;
            foreach (ulong sector in sectors)
                if (tally.Loaded.Add(block.Start / SectorBytes + sector)) tally.BlockLoadSectors++;
        }
        else if (kind is AccessKind.Store or AccessKind.StrongStore)
        {
            tally.GlobalStores++;
            tally.GlobalStoreSectors += sectors.Length;
        }
    }

    /// <summary>ldmatrix: each matrix is a pass of its own, in which 8 rows of 16 bytes find 8 groups of 4 banks.</summary>
    public static void CountMatrices(Tally tally, ulong* offsets, int matrices)
    {
        const int rows = 8;
        Span<int> perGroup = stackalloc int[rows];
        tally.SharedRequests++;
        for (int i = 0; i < matrices; i++)
        {
            ReadOnlySpan<ulong> row = new(offsets + i * rows, rows);
            perGroup.Clear();
            int passes = 1;
            for (int r = 0; r < rows; r++)
                if (row[..r].IndexOf(row[r]) < 0) passes = Math.Max(passes, ++perGroup[(int)(row[r] / 16 % 8)]);
            tally.SharedPasses += passes;
            tally.SharedConflicts += passes - 1;
        }
    }

    private static int Sectors(uint mask, ulong* offsets, Span<ulong> seen)
    {
        int count = 0;
        for (uint left = mask; left != 0; left &= left - 1)
        {
            // An access is aligned and at most 16 bytes, so it lies in one sector.
            ulong sector = offsets[BitOperations.TrailingZeroCount(left)] / SectorBytes;
            if (seen[..count].IndexOf(sector) < 0) seen[count++] = sector;
        }
        return count;
    }

    /// <summary>Different words of one bank are served one after the other; equal words go to all lanes at once.</summary>
    private static void CountShared(Tally tally, uint mask, ulong* offsets, int bytes)
    {
        Span<ulong> words = stackalloc ulong[Warp.Lanes * 4];
        Span<int> perBank = stackalloc int[Banks];
        perBank.Clear();
        int count = 0, passes = 1;
        for (uint left = mask; left != 0; left &= left - 1)
        {
            ulong offset = offsets[BitOperations.TrailingZeroCount(left)];
            for (ulong word = offset / 4; word <= (offset + (uint)bytes - 1) / 4; word++)
            {
                if (words[..count].IndexOf(word) >= 0) continue;
                words[count++] = word;
                passes = Math.Max(passes, ++perBank[(int)(word % Banks)]);
            }
        }
        tally.SharedRequests++;
        tally.SharedPasses += passes;
        tally.SharedConflicts += passes - Math.Max(1, (count + Banks - 1) / Banks);
    }
}
