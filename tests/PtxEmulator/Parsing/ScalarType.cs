namespace Convoke.PtxEmulator;

/// <summary>Sizes of PTX's fundamental types.</summary>
internal static class ScalarType
{
    /// <summary>Bytes of a type named without its dot; 0 when it is none.</summary>
    public static int Size(string type) => type switch
    {
        "b8" or "u8" or "s8" => 1,
        "b16" or "u16" or "s16" or "f16" or "bf16" => 2,
        "b32" or "u32" or "s32" or "f32" or "f16x2" or "bf16x2" or "tf32" => 4,
        "b64" or "u64" or "s64" or "f64" => 8,
        "b128" => 16,
        "pred" => 1,
        _ => 0,
    };

    public static bool IsWide(string type) => Size(type) == 8;
}
