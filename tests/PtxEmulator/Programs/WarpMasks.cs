namespace Convoke.PtxEmulator;

/// <summary>Instructions for which lanes of a warp wait for each other.</summary>
internal static class WarpMasks
{
    public static bool IsRendezvous(Instruction instruction) => instruction.Name switch
    {
        "shfl" or "vote" or "match" or "redux" => instruction.Has("sync"),
        "bar" or "barrier" => instruction.Has("warp"),
        "mma" or "ldmatrix" => true,
        _ => false,
    };

    /// <summary>The operand that holds the mask; null: the whole warp.</summary>
    public static Operand? Mask(Instruction instruction) => instruction.Name is "mma" or "ldmatrix" ? null : instruction.Operands[^1];
}
