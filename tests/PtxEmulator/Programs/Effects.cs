namespace Convoke.PtxEmulator;

/// <summary>Which registers an instruction reads and writes.</summary>
internal static class Effects
{
    public static IEnumerable<(Operand Register, bool Written)> Of(Instruction instruction)
    {
        bool result = HasResult(instruction);
        for (int i = 0; i < instruction.Operands.Count; i++)
            foreach ((Operand, bool) effect in Of(instruction.Operands[i], i == 0 && result)) yield return effect;
    }

    private static bool HasResult(Instruction instruction) => instruction.Name switch
    {
        "st" or "red" or "bra" or "brx" or "ret" or "exit" or "trap" or "cp" or "membar" or "fence" or "prefetch" or "prefetchu" or "nanosleep" or "brkpt" => false,
        "bar" or "barrier" => instruction.Has("red"),
        _ => true,
    };

    private static IEnumerable<(Operand Register, bool Written)> Of(Operand operand, bool written)
    {
        if (operand.IsRegister) yield return (operand, written);
        if (operand.Base is { IsRegister: true } address) yield return (address, false);
        foreach (Operand item in operand.Items)
            foreach ((Operand, bool) effect in Of(item, written && operand.Kind == OperandKind.Vector)) yield return effect;
    }
}
