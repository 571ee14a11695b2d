namespace Convoke.PtxEmulator;

/// <summary>What an atomic makes of the old value and its operands.</summary>
internal sealed unsafe class AtomicOperator
{
    private readonly delegate*<ulong, ulong, ulong, ulong> _function;

    private AtomicOperator(delegate*<ulong, ulong, ulong, ulong> function) => _function = function;

    public ulong Apply(ulong old, ulong value, ulong other) => _function(old, value, other);

    /// <summary>Null when the combination is not known.</summary>
    public static AtomicOperator? Create(string operation, string type) => (operation, type) switch
    {
        ("add", "u32" or "s32" or "u64" or "s64") => new(&Add),
        ("add", "f32") => new(&AddFloat),
        ("add", "f64") => new(&AddDouble),
        ("exch", "b32" or "b64") => new(&Exchange),
        ("cas", "b32" or "b64") => new(&CompareAndSwap),
        ("and", "b32" or "b64") => new(&And),
        ("or", "b32" or "b64") => new(&Or),
        ("xor", "b32" or "b64") => new(&Xor),
        ("min", "s32") => new(&MinSigned),
        ("max", "s32") => new(&MaxSigned),
        ("min", "s64") => new(&MinSigned64),
        ("max", "s64") => new(&MaxSigned64),
        ("min", "u32" or "u64") => new(&Min),
        ("max", "u32" or "u64") => new(&Max),
        ("inc", "u32") => new(&Increment),
        ("dec", "u32") => new(&Decrement),
        _ => null,
    };

    private static ulong Add(ulong old, ulong value, ulong _) => old + value;

    private static ulong AddFloat(ulong old, ulong value, ulong _) => FloatBits.Bits(FloatBits.Single(old) + FloatBits.Single(value));

    private static ulong AddDouble(ulong old, ulong value, ulong _) => FloatBits.Bits(FloatBits.Double(old) + FloatBits.Double(value));

    private static ulong Exchange(ulong _, ulong value, ulong __) => value;

    private static ulong CompareAndSwap(ulong old, ulong expected, ulong value) => old == expected ? value : old;

    private static ulong And(ulong old, ulong value, ulong _) => old & value;

    private static ulong Or(ulong old, ulong value, ulong _) => old | value;

    private static ulong Xor(ulong old, ulong value, ulong _) => old ^ value;

    private static ulong MinSigned(ulong old, ulong value, ulong _) => (uint)Math.Min((int)old, (int)value);

    private static ulong MaxSigned(ulong old, ulong value, ulong _) => (uint)Math.Max((int)old, (int)value);

    private static ulong MinSigned64(ulong old, ulong value, ulong _) => (ulong)Math.Min((long)old, (long)value);

    private static ulong MaxSigned64(ulong old, ulong value, ulong _) => (ulong)Math.Max((long)old, (long)value);

    private static ulong Min(ulong old, ulong value, ulong _) => Math.Min(old, value);

    private static ulong Max(ulong old, ulong value, ulong _) => Math.Max(old, value);

    private static ulong Increment(ulong old, ulong limit, ulong _) => old >= limit ? 0 : old + 1;

    private static ulong Decrement(ulong old, ulong limit, ulong _) => old == 0 || old > limit ? limit : old - 1;
}
