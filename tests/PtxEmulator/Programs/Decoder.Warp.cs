namespace Convoke.PtxEmulator;

internal sealed unsafe partial class Decoder
{
    /// <summary>Fills in what the barrier at a block's end needs.</summary>
    public void DecodeBarrier(CodeBlock block, Instruction x)
    {
        _line = x.Line;
        block.BarrierArriveOnly = x.Has("arrive");
        int first = 0;
        if (x.Has("red"))
        {
            string kind = x.Parts.FirstOrDefault(static part => part is "popc" or "and" or "or") ?? throw Unknown(x);
            PredicateOperand source = Predicate(x, x.Operands.Count - 1);
            block.Reduction = new(kind, source.Index, source.Negated, kind == "popc" ? Result(x) : PredicateResult(x));
            first = 1;
        }
        else if (!x.Has("sync") && !block.BarrierArriveOnly)
        {
            throw Unknown(x);
        }
        int last = x.Operands.Count - (x.Has("red") ? 1 : 0);
        if (first < last) block.BarrierRegister = Source(x, first);
        if (first + 1 < last) block.BarrierThreadsRegister = Source(x, first + 1);
    }

    private Operation WarpWide(Instruction x)
    {
        switch (x.Name)
        {
            case "shfl" when x.Has("sync") && x.Type == "b32":
                bool pair = x.Operands.Count == 6;
                int s = pair ? 2 : 1;
                return new Shuffle(x, x.Parts[2], Result(x), pair ? Index(x.Operands[1]) : -1, Source(x, s), Source(x, s + 1), Source(x, s + 2));
            case "vote" when x.Has("sync"):
                return new Vote(x.Parts[2], x.Parts[2] == "ballot" ? Result(x) : PredicateResult(x), VoteSource(x));
            case "match" when x.Has("sync"):
                bool both = x.Operands.Count == 4, wide = ScalarType.IsWide(x.Type);
                return new Match(x.Parts[1] == "all", Result(x), both ? Index(x.Operands[1]) : -1, Source(x, both ? 2 : 1, wide), wide);
            case "redux" when x.Has("sync"):
                return new Reduce(x.Parts[2], x.Type == "s32", Result(x), Source(x, 1));
            case "activemask":
                return new ActiveMask(Result(x));
            case "bar" or "barrier" when x.Has("warp"):
                return new SyncWarp();
            case "mma":
                return Matrix(x);
            default:
                throw Unknown(x);
        }
    }

    /// <summary>A constant source is a predicate that is never written, hence false, or its opposite.</summary>
    private PredicateOperand VoteSource(Instruction x) => x.Operands[1].Kind == OperandKind.Immediate
        ? new(kernel.Body.Predicates, x.Operands[1].Value != 0)
        : Predicate(x, 1);

    private MatrixMultiply Matrix(Instruction x)
    {
        // mma.sync.aligned.shape.row.col.d.a.b.c
        string shape = x.Parts.FirstOrDefault(static part => part.StartsWith("m16n8k", StringComparison.Ordinal)) ?? throw Unknown(x);
        if (!x.Has("row") || !x.Has("col") || x.Parts[^4] != "f32" || x.Parts[^1] != "f32" || x.Parts[^2] != x.Parts[^3]) throw Unknown(x);
        (MatrixElement element, int depth) = (x.Parts[^2], shape) switch
        {
            ("tf32", "m16n8k4") => (MatrixElement.Tf32, 4),
            ("tf32", "m16n8k8") => (MatrixElement.Tf32, 8),
            ("bf16", "m16n8k8") => (MatrixElement.Bf16, 8),
            ("bf16", "m16n8k16") => (MatrixElement.Bf16, 16),
            ("f16", "m16n8k8") => (MatrixElement.Half, 8),
            ("f16", "m16n8k16") => (MatrixElement.Half, 16),
            _ => throw Unknown(x),
        };
        int[] Fragment(int index) => x.Operands[index].Items.Count > 0 ? [.. x.Operands[index].Items.Select(item => Offset(item, false))] : [Source(x, index)];
        return new(element, depth, Fragment(0), Fragment(1), Fragment(2), Fragment(3));
    }
}
