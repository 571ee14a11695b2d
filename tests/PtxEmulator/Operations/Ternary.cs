namespace Convoke.PtxEmulator;

/// <summary>A run of 32-bit instructions with three sources.</summary>
internal sealed unsafe class Ternary<T>(OperandTable table) : Operation
    where T : struct, ITernary
{
    private readonly int* _first = table.First, _end = table.End;
    private readonly OperandTable _table = table;

    public override Operation? Join(Operation next) => next is Ternary<T> same ? new Ternary<T>(_table.Append(same._table)) : null;

    public override void Execute(Warp warp)
    {
        byte* registers = warp.Registers;
        if (warp.IsFull)
        {
            for (int* at = _first; at < _end; at += 4)
            {
                byte* a = registers + at[1], b = registers + at[2], c = registers + at[3];
                Vectors.Store(registers + at[0], T.Apply(Vectors.Low(a), Vectors.Low(b), Vectors.Low(c)), T.Apply(Vectors.High(a), Vectors.High(b), Vectors.High(c)));
            }
            return;
        }
        for (int* at = _first; at < _end; at += 4)
        {
            byte* a = registers + at[1], b = registers + at[2], c = registers + at[3];
            Vectors.StoreMasked(warp, registers + at[0], T.Apply(Vectors.Low(a), Vectors.Low(b), Vectors.Low(c)), T.Apply(Vectors.High(a), Vectors.High(b), Vectors.High(c)));
        }
    }
}
