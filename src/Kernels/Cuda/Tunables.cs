using Convoke.Kernels.Types;

namespace Convoke.Kernels.Cuda;

/// <summary>The numbers of a program that may be chosen when it runs, and how the text has them.</summary>
public sealed class Tunables
{
    private readonly List<CudaTunable> _all = [];

    public IReadOnlyList<CudaTunable> All => _all;

    /// <summary>Macros with their defaults: a choice is defined before the text.</summary>
    public string Text => _all.Count == 0 ? "" : $"""
        // may be chosen at run time, as less than these: times differ, and in which parts sums are made
        {string.Concat(_all.Select(static t => $"#ifndef {t.Name}\n#define {t.Name} {t.Default}\n#endif\n"))}

        """;

    /// <summary>The name of a number, which is new or known; null where nothing less is worth a try, or the name stands for something else.</summary>
    /// <param name="name">What it is, as an identifier.</param>
    /// <param name="value">Its default.</param>
    /// <param name="candidates">Values worth a try; those that are not less do not count, as areas hold the default.</param>
    public string? Add(string name, int value, params int[] candidates)
    {
        string macro = "CVK_" + name.ToUpperInvariant();
        int[] less = [.. candidates.Where(candidate => candidate > 0 && candidate < value).Distinct().OrderBy(static candidate => candidate)];
        if (less.Length == 0) return null;
        if (_all.Find(t => t.Name == macro) is { } known) return known.Default == value ? macro : null;
        _all.Add(new(macro, value, new EquatableArray<int>(less)));
        return macro;
    }
}
