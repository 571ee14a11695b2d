namespace Convoke.PtxEmulator;

/// <summary>A run of 32-bit instructions with two sources.</summary>
internal sealed unsafe class Binary<T>(OperandTable table) : Operation
    where T : struct, IBinary
{
    private readonly int* _first = table.First, _end = table.End;
    private readonly OperandTable _table = table;

    public override Operation? Join(Operation next) => next is Binary<T> same ? new Binary<T>(_table.Append(same._table)) : null;

    public override void Execute(Warp warp)
    {
        byte* registers = warp.Registers;
        if (warp.IsFull)
        {
            for (int* at = _first; at < _end; at += 3)
            {
                byte* a = registers + at[1], b = registers + at[2];
                Vectors.Store(registers + at[0], T.Apply(Vectors.Low(a), Vectors.Low(b)), T.Apply(Vectors.High(a), Vectors.High(b)));
            }
            return;
        }
        for (int* at = _first; at < _end; at += 3)
        {
            byte* a = registers + at[1], b = registers + at[2];
            Vectors.StoreMasked(warp, registers + at[0], T.Apply(Vectors.Low(a), Vectors.Low(b)), T.Apply(Vectors.High(a), Vectors.High(b)));
        }
    }
}
