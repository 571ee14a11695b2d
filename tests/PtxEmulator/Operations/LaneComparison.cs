namespace Convoke.PtxEmulator;

/// <summary>Comparisons of f64, f16 and bf16, lane by lane.</summary>
internal sealed unsafe class LaneComparison : Comparison
{
    private readonly string _type;
    private readonly bool _less, _equal, _greater, _unordered, _wide;

    private LaneComparison(string type, int a, int b, (bool Less, bool Equal, bool Greater, bool Unordered) holds)
        : base(a, b)
    {
        _type = type;
        _wide = ScalarType.IsWide(type);
        (_less, _equal, _greater, _unordered) = holds;
    }

    public static LaneComparison? TryCreate(string relation, string type, int a, int b)
    {
        (bool, bool, bool, bool)? holds = relation switch
        {
            "eq" => (false, true, false, false),
            "ne" => (true, false, true, false),
            "lt" or "lo" => (true, false, false, false),
            "le" or "ls" => (true, true, false, false),
            "gt" or "hi" => (false, false, true, false),
            "ge" or "hs" => (false, true, true, false),
            "equ" => (false, true, false, true),
            "neu" => (true, false, true, true),
            "ltu" => (true, false, false, true),
            "leu" => (true, true, false, true),
            "gtu" => (false, false, true, true),
            "geu" => (false, true, true, true),
            "num" => (true, true, true, false),
            "nan" => (false, false, false, true),
            _ => null,
        };
        return holds is { } known && type is ("f64" or "f16" or "bf16") ? new(type, a, b, known) : null;
    }

    public override uint Evaluate(Warp warp)
    {
        uint result = 0;
        for (int lane = 0; lane < Warp.Lanes; lane++)
        {
            ulong x = Read(warp, A, lane), y = Read(warp, B, lane);
            int? order = _type switch
            {
                "f64" => Order(BitConverter.UInt64BitsToDouble(x), BitConverter.UInt64BitsToDouble(y)),
                "f16" => Order((double)BitConverter.UInt16BitsToHalf((ushort)x), (double)BitConverter.UInt16BitsToHalf((ushort)y)),
                _ => Order(FloatBits.FromBf16((ushort)x), FloatBits.FromBf16((ushort)y)),
            };
            bool holds = order is not { } o ? _unordered : o < 0 ? _less : o == 0 ? _equal : _greater;
            if (holds) result |= 1u << lane;
        }
        return result;
    }

    private static int? Order(double x, double y) => x < y ? -1 : x > y ? 1 : x == y ? 0 : null;

    private ulong Read(Warp warp, int register, int lane) =>
        _wide ? ((ulong*)(warp.Registers + register))[lane] : ((uint*)(warp.Registers + register))[lane];
}
