using Microsoft.CodeAnalysis.Diagnostics;

namespace Convoke.Generator;

/// <summary>Which kernels in C# a project wants of its models: its build property ConvokeVectors lists the widths, in bits; left out it wants all.</summary>
/// <param name="Has256">Kernels of 256-bit vectors.</param>
/// <param name="Has512">Kernels of 512-bit vectors.</param>
/// <remarks>Those of 128 bits are always written: every machine runs them.</remarks>
internal readonly record struct VectorWidths(bool Has256, bool Has512)
{
    /// <summary>The property's name.</summary>
    public const string Property = "ConvokeVectors";

    public static VectorWidths All { get; } = new(true, true);

    /// <summary>What a project says.</summary>
    /// <param name="options">The options that hold for the whole compilation.</param>
    /// <param name="unreadable">What it says, if it is no list of 128, 256 and 512; then all are written.</param>
    public static VectorWidths Read(AnalyzerConfigOptions options, out string? unreadable)
    {
        unreadable = null;
        if (!options.TryGetValue("build_property." + Property, out string? text) || string.IsNullOrWhiteSpace(text)) return All;
        var widths = new HashSet<string>(text.Split([',', ';', ' '], StringSplitOptions.RemoveEmptyEntries), StringComparer.Ordinal);
        if (widths.Except(["128", "256", "512"]).Any())
        {
            unreadable = text;
            return All;
        }

        return new(widths.Contains("256"), widths.Contains("512"));
    }

    public bool Has(int bits) => bits switch { 512 => Has512, 256 => Has256, _ => true };
}
