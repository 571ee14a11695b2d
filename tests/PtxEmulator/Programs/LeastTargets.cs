namespace Convoke.PtxEmulator;

/// <summary>The oldest target that has an instruction, of those that tensor cores and what feeds them use: the "Target ISA Notes" of the PTX manual.</summary>
internal static class LeastTargets
{
    private const int Turing = 75, Ampere = 80;

    /// <summary>The number in the target's name; 0 where any has it.</summary>
    public static int Of(Instruction x) => x.Name switch
    {
        "cp" when x.Has("async") => Ampere,
        "redux" => Ampere,
        "ldmatrix" => Turing,
        "mma" => x.Has("m16n8k8") && x.Has("f16") ? Turing : Ampere,
        "cvt" when x.Parts.Any(static part => part is "tf32" or "bf16" or "bf16x2" or "f16x2") => Ampere,
        "min" or "max" when x.Has("NaN") || x.Type is "f16" or "f16x2" or "bf16" or "bf16x2" => Ampere,
        _ => 0,
    };

    /// <summary>Refuses what the text's target has not, as the assembler of a real one does.</summary>
    /// <exception cref="PtxException">The instruction is newer.</exception>
    public static void Check(Instruction x, string target)
    {
        int least = Of(x), number = Number(target);
        if (number < least) throw new PtxException(x.Line, $"'{x.Opcode}' needs sm_{least}, and the text is for {target}{(x.Source.Line > 0 ? $" (source line {x.Source.Line})" : "")}");
    }

    /// <summary>90 of "sm_90" and "sm_90a"; without a target everything is there.</summary>
    private static int Number(string target)
    {
        string digits = string.Concat(target.Where(char.IsAsciiDigit));
        return digits.Length == 0 ? int.MaxValue : int.Parse(digits, System.Globalization.CultureInfo.InvariantCulture);
    }
}
