namespace Convoke.Binding;

/// <summary>C's size_t.</summary>
internal readonly struct SizeT
{
    private readonly nuint _value;

    private SizeT(nuint value) => _value = value;

    public static implicit operator SizeT(long value) => new(checked((nuint)value));

    public static implicit operator SizeT(ulong value) => new(checked((nuint)value));

    public static implicit operator long(SizeT value) => checked((long)value._value);

    public static implicit operator ulong(SizeT value) => value._value;
}
