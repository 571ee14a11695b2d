using System.Runtime.Intrinsics;

namespace Convoke.PtxEmulator;

internal interface IBinaryWide
{
    static abstract Vector512<ulong> Apply(Vector512<ulong> a, Vector512<ulong> b);
}

/// <summary>A run of 64-bit instructions with two sources.</summary>
internal sealed unsafe class BinaryWide<T>(OperandTable table) : Operation
    where T : struct, IBinaryWide
{
    private readonly int* _first = table.First, _end = table.End;
    private readonly OperandTable _table = table;

    public override Operation? Join(Operation next) => next is BinaryWide<T> same ? new BinaryWide<T>(_table.Append(same._table)) : null;

    public override void Execute(Warp warp)
    {
        for (int* at = _first; at < _end; at += 3)
        {
            ulong* d = (ulong*)(warp.Registers + at[0]), a = (ulong*)(warp.Registers + at[1]), b = (ulong*)(warp.Registers + at[2]);
            for (int i = 0; i < Warp.Lanes; i += 8)
            {
                Vector512<ulong> result = T.Apply(Vector512.Load(a + i), Vector512.Load(b + i));
                if (!warp.IsFull) result = Vector512.ConditionalSelect(warp.WideMask(i), result, Vector512.Load(d + i));
                result.Store(d + i);
            }
        }
    }
}

internal readonly struct AddWide : IBinaryWide
{
    public static Vector512<ulong> Apply(Vector512<ulong> a, Vector512<ulong> b) => a + b;
}

internal readonly struct SubtractWide : IBinaryWide
{
    public static Vector512<ulong> Apply(Vector512<ulong> a, Vector512<ulong> b) => a - b;
}

internal readonly struct MultiplyWide : IBinaryWide
{
    public static Vector512<ulong> Apply(Vector512<ulong> a, Vector512<ulong> b) => a * b;
}

internal readonly struct AndWide : IBinaryWide
{
    public static Vector512<ulong> Apply(Vector512<ulong> a, Vector512<ulong> b) => a & b;
}

internal readonly struct OrWide : IBinaryWide
{
    public static Vector512<ulong> Apply(Vector512<ulong> a, Vector512<ulong> b) => a | b;
}

internal readonly struct XorWide : IBinaryWide
{
    public static Vector512<ulong> Apply(Vector512<ulong> a, Vector512<ulong> b) => a ^ b;
}

internal readonly struct AddDouble : IBinaryWide
{
    public static Vector512<ulong> Apply(Vector512<ulong> a, Vector512<ulong> b) => (a.AsDouble() + b.AsDouble()).AsUInt64();
}

internal readonly struct SubtractDouble : IBinaryWide
{
    public static Vector512<ulong> Apply(Vector512<ulong> a, Vector512<ulong> b) => (a.AsDouble() - b.AsDouble()).AsUInt64();
}

internal readonly struct MultiplyDouble : IBinaryWide
{
    public static Vector512<ulong> Apply(Vector512<ulong> a, Vector512<ulong> b) => (a.AsDouble() * b.AsDouble()).AsUInt64();
}

internal readonly struct DivideDouble : IBinaryWide
{
    public static Vector512<ulong> Apply(Vector512<ulong> a, Vector512<ulong> b) => (a.AsDouble() / b.AsDouble()).AsUInt64();
}
