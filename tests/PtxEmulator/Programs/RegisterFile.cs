namespace Convoke.PtxEmulator;

/// <summary>
/// Byte offsets of registers within a warp. Registers whose lives do not overlap share a place: a kernel names a thousand and more, and what is live at
/// once fits the first-level cache. Constants and special registers lie behind them.
/// </summary>
internal sealed class RegisterFile
{
    private const int Small = 4 * Warp.Lanes, Large = 8 * Warp.Lanes;

    private readonly int[] _offsets;
    private readonly FunctionBody _body;
    private readonly Dictionary<(ulong, bool), int> _constants = [];
    private readonly Dictionary<(string, long, bool), int> _addresses = [];
    private readonly Dictionary<string, int> _specials = [];

    public RegisterFile(FunctionBody body, (int First, int Last)[] intervals)
    {
        _body = body;
        _offsets = new int[intervals.Length];
        int small = Assign(intervals, 0, body.Registers32), large = Assign(intervals, body.Registers32, intervals.Length);
        for (int r = 0; r < intervals.Length; r++)
            _offsets[r] = r < body.Registers32 ? _offsets[r] * Small : small * Small + _offsets[r] * Large;
        Scratch = small * Small + large * Large;
        Bytes = Scratch + Large;
    }

    public int Bytes { get; private set; }

    /// <summary>A register of either width that nothing reads.</summary>
    public int Scratch { get; }
    public List<(int Offset, ulong Value, bool Wide)> Constants { get; } = [];
    public List<(int Offset, string Symbol, long Addend, bool Wide)> Addresses { get; } = [];
    public List<(int Offset, string Name)> Specials { get; } = [];

    public int Offset(Operand register) => _offsets[Liveness.Index(_body, register)];

    public int Constant(ulong value, bool wide)
    {
        if (!wide) value &= uint.MaxValue;
        if (_constants.TryGetValue((value, wide), out int offset)) return offset;
        _constants[(value, wide)] = offset = Take(wide);
        Constants.Add((offset, value, wide));
        return offset;
    }

    /// <summary>A register that holds the address of a module's variable.</summary>
    public int Address(string symbol, long addend, bool wide)
    {
        if (_addresses.TryGetValue((symbol, addend, wide), out int offset)) return offset;
        _addresses[(symbol, addend, wide)] = offset = Take(wide);
        Addresses.Add((offset, symbol, addend, wide));
        return offset;
    }

    public int Special(string name)
    {
        if (_specials.TryGetValue(name, out int offset)) return offset;
        _specials[name] = offset = Take(false);
        Specials.Add((offset, name));
        return offset;
    }

    private int Take(bool wide)
    {
        int offset = Bytes;
        Bytes += wide ? Large : Small;
        return offset;
    }

    /// <summary>
    /// Gives each register of a range the lowest place that is free. A place frees after the last use, not at it, so that no instruction finds its
    /// result on top of an operand.
    /// </summary>
    private int Assign((int First, int Last)[] intervals, int from, int to)
    {
        PriorityQueue<int, int> ends = new();
        SortedSet<int> free = [];
        int places = 0;
        foreach (int r in Enumerable.Range(from, to - from).Where(r => intervals[r].Last >= 0).OrderBy(r => intervals[r].First))
        {
            while (ends.TryPeek(out int done, out int end) && end < intervals[r].First)
            {
                ends.Dequeue();
                free.Add(_offsets[done]);
            }
            if (free.Count > 0)
            {
                _offsets[r] = free.Min;
                free.Remove(free.Min);
            }
            else
            {
                _offsets[r] = places++;
            }
            ends.Enqueue(r, intervals[r].Last);
        }
        return places;
    }
}
