namespace Convoke.Kernels.Cpu;

/// <summary>A vector width that a program is emitted for.</summary>
/// <param name="Bits">512, 256 or 128.</param>
/// <param name="Registers">Vector registers to plan with: 32 with AVX-512, 16 with AVX2 and below.</param>
public sealed record VectorTarget(int Bits, int Registers)
{
    /// <summary>All targets, widest first.</summary>
    public static IReadOnlyList<VectorTarget> All { get; } = [new(512, 32), new(256, 16), new(128, 16)];

    /// <summary>Floats of a vector.</summary>
    public int Lanes => Bits / 32;

    /// <summary>The type whose operations are used, without its namespace.</summary>
    public string Type => "Vector" + Bits;

    /// <summary>x * y + z. Below 256 bits a machine may have no fused form, whose software stand-in is slow: there the estimate takes whichever is fast.</summary>
    public string MultiplyAdd => Bits == 128 ? "MultiplyAddEstimate" : "FusedMultiplyAdd";
}
