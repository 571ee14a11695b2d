namespace Convoke.PtxEmulator;

internal enum BlockEnd { Fall, Branch, ConditionalBranch, Switch, Return, ConditionalReturn, Barrier }

/// <summary>A basic block: operations, and what follows.</summary>
internal sealed class CodeBlock
{
    public int Index { get; init; }
    public Operation[] Operations { get; set; } = [];
    public BlockEnd End { get; set; }

    /// <summary>Block after this one in the text, and the one a branch goes to.</summary>
    public int Next { get; set; }
    public int Target { get; set; }

    /// <summary>Predicate of a conditional end.</summary>
    public int Predicate { get; set; } = -1;
    public bool PredicateNegated { get; set; }

    /// <summary>Blocks of a switch and the register that chooses, as byte offset.</summary>
    public int[] Targets { get; set; } = [];
    public int Selector { get; set; }

    /// <summary>The block begins with an operation for which lanes wait for each other: the register of its mask, <see cref="WholeWarp"/>, or <see cref="NoRendezvous"/>.</summary>
    public int Rendezvous { get; set; } = NoRendezvous;

    /// <summary>A barrier: registers of its number and thread count, or -1.</summary>
    public int BarrierRegister { get; set; } = -1;
    public int BarrierThreadsRegister { get; set; } = -1;
    public bool BarrierArriveOnly { get; set; }

    /// <summary>A reduction over the block at the barrier: 0 none, else 'p' popc, 'a' and, 'o' or; its predicate and result.</summary>
    public BarrierReduction? Reduction { get; set; }

    /// <summary>Instructions of the text in the block, and unguarded 32-bit multiply-adds among them.</summary>
    public int InstructionCount { get; set; }
    public int FmaCount { get; set; }

    /// <summary>The block's last instruction, and its first where lanes wait for each other: for messages.</summary>
    public Instruction? At { get; init; }
    public Instruction? RendezvousAt { get; set; }

    public const int NoRendezvous = -1, WholeWarp = int.MaxValue;
}

/// <summary>bar.red: <paramref name="Kind"/> popc, and, or; the source predicate; the result, a register's byte offset or a predicate.</summary>
internal sealed record BarrierReduction(string Kind, int Source, bool SourceNegated, int Result);
