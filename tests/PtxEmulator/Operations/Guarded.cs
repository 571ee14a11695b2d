namespace Convoke.PtxEmulator;

/// <summary>An instruction behind a predicate.</summary>
internal sealed unsafe class Guarded(Operation inner, int predicate, bool negated) : Operation
{
    public override void Execute(Warp warp)
    {
        uint mask = warp.Mask, value = warp.Predicates[predicate], part = mask & (negated ? ~value : value);
        if (part == 0) return;
        warp.SetMask(part);
        inner.Execute(warp);
        warp.SetMask(mask);
    }
}
