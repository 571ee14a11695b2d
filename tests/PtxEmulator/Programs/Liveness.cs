namespace Convoke.PtxEmulator;

/// <summary>
/// For each register the first and last instruction at which its value is wanted. Registers of 64 bits are numbered after those of 32. A guarded write
/// keeps the old value in other lanes, so it ends no life. Lanes that have parted do not disturb each other: writes touch active lanes only, and each
/// lane follows one path, for which the analysis holds.
/// </summary>
internal static class Liveness
{
    /// <param name="body">The function.</param>
    /// <param name="starts">First instruction of each basic block, and the end of the code.</param>
    /// <param name="successors">Blocks that may follow each block.</param>
    public static (int First, int Last)[] Intervals(FunctionBody body, int[] starts, IReadOnlyList<int>[] successors)
    {
        int blocks = starts.Length - 1, count = body.Registers32 + body.Registers64, words = (count + 63) / 64;
        ulong[][] used = new ulong[blocks][], killed = new ulong[blocks][], liveIn = new ulong[blocks][], liveOut = new ulong[blocks][];
        (int First, int Last)[] intervals = new (int, int)[count];
        Array.Fill(intervals, (int.MaxValue, -1));
        for (int b = 0; b < blocks; b++)
        {
            (used[b], killed[b], liveIn[b], liveOut[b]) = (new ulong[words], new ulong[words], new ulong[words], new ulong[words]);
            for (int i = starts[b]; i < starts[b + 1]; i++) Scan(body, i, used[b], killed[b], intervals);
            used[b].CopyTo(liveIn[b], 0);
        }
        Solve(successors, words, killed, liveIn, liveOut);
        for (int b = 0; b < blocks; b++)
        {
            for (int r = 0; r < count; r++)
            {
                if (Has(liveIn[b], r)) Extend(ref intervals[r], starts[b]);
                if (Has(liveOut[b], r)) Extend(ref intervals[r], starts[b + 1] - 1);
            }
        }
        return intervals;
    }

    /// <summary>Number of a register, or -1 for predicates, which are not worth sharing.</summary>
    public static int Index(FunctionBody body, Operand register) => register.Kind switch
    {
        OperandKind.Register32 => register.Register,
        OperandKind.Register64 => body.Registers32 + register.Register,
        _ => -1,
    };

    private static void Scan(FunctionBody body, int at, ulong[] used, ulong[] killed, (int First, int Last)[] intervals)
    {
        Instruction instruction = body.Code[at];
        foreach ((Operand register, bool written) in Effects.Of(instruction))
        {
            int r = Index(body, register);
            if (r < 0) continue;
            Extend(ref intervals[r], at);
            if ((!written || instruction.Guard >= 0) && !Has(killed, r)) used[r >> 6] |= 1ul << (r & 63);
        }
        foreach ((Operand register, bool written) in Effects.Of(instruction))
        {
            int r = Index(body, register);
            if (r >= 0 && written && instruction.Guard < 0 && !Has(used, r)) killed[r >> 6] |= 1ul << (r & 63);
        }
    }

    private static void Solve(IReadOnlyList<int>[] successors, int words, ulong[][] killed, ulong[][] liveIn, ulong[][] liveOut)
    {
        for (bool changed = true; changed;)
        {
            changed = false;
            for (int b = liveIn.Length - 1; b >= 0; b--)
            {
                foreach (int next in successors[b])
                {
                    for (int w = 0; w < words; w++)
                    {
                        ulong added = liveIn[next][w] & ~liveOut[b][w];
                        if (added == 0) continue;
                        changed = true;
                        liveOut[b][w] |= added;
                        liveIn[b][w] |= added & ~killed[b][w];
                    }
                }
            }
        }
    }

    private static bool Has(ulong[] set, int r) => (set[r >> 6] >> (r & 63) & 1) != 0;

    private static void Extend(ref (int First, int Last) interval, int at) => interval = (Math.Min(interval.First, at), Math.Max(interval.Last, at));
}
