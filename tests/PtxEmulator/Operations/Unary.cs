namespace Convoke.PtxEmulator;

/// <summary>A run of 32-bit instructions with one source.</summary>
internal sealed unsafe class Unary<T>(OperandTable table) : Operation
    where T : struct, IUnary
{
    private readonly int* _first = table.First, _end = table.End;
    private readonly OperandTable _table = table;

    public override Operation? Join(Operation next) => next is Unary<T> same ? new Unary<T>(_table.Append(same._table)) : null;

    public override void Execute(Warp warp)
    {
        byte* registers = warp.Registers;
        if (warp.IsFull)
        {
            for (int* at = _first; at < _end; at += 2)
            {
                byte* a = registers + at[1];
                Vectors.Store(registers + at[0], T.Apply(Vectors.Low(a)), T.Apply(Vectors.High(a)));
            }
            return;
        }
        for (int* at = _first; at < _end; at += 2)
        {
            byte* a = registers + at[1];
            Vectors.StoreMasked(warp, registers + at[0], T.Apply(Vectors.Low(a)), T.Apply(Vectors.High(a)));
        }
    }
}
