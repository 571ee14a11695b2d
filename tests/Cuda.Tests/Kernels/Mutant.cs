using System.Text.RegularExpressions;
using Convoke.Kernels;

namespace Convoke.Cuda.Tests.Kernels;

/// <summary>A model's program with a fault planted into it.</summary>
internal static partial class Mutant
{
    /// <summary>PTX of the program with the fault. A fault in a kernel is compiled by itself and takes that kernel's place among those of the whole program, which is compiled once; one in a helper is in every kernel.</summary>
    /// <param name="model">The model.</param>
    /// <param name="place">Kernel or helper: a helper by its signature up to the name.</param>
    /// <param name="text">Text that it contains; the first occurrence counts.</param>
    /// <param name="instead">What stands there instead.</param>
    /// <param name="capability">As of <see cref="EmulatedProgram.Compile"/>.</param>
    public static string Compile(CompiledModel model, string place, string text, string instead, int? capability = null)
    {
        string mutant = Plant(model.Cuda.Text, place, text, instead);
        if (model.Cuda.Kernels.All(kernel => kernel.Name != place)) return EmulatedProgram.Compile(model, mutant, capability);
        string alone = EmulatedProgram.Compile(model, KernelText().Replace(mutant, kernel => kernel.Groups[1].Value == place ? kernel.Value : ""), capability);
        string whole = EmulatedProgram.Compile(model, capability: capability);
        Range healthy = Entry(whole, place);
        return whole[..healthy.Start.Value] + alone[Entry(alone, place)] + whole[healthy.End.Value..];
    }

    private static string Plant(string source, string place, string text, string instead)
    {
        // A kernel's name stands at the start of a line, a helper's in its signature.
        Match start = Regex.Match(source, place.Contains(' ', StringComparison.Ordinal) ? Regex.Escape(place) + @"\(" : "^" + Regex.Escape(place) + @"\(|int " + Regex.Escape(place) + @"\(", RegexOptions.Multiline);
        Assert.True(start.Success, $"there is no {place}");
        int at = source.IndexOf(text, start.Index, StringComparison.Ordinal), end = source.IndexOf("\n}\n", start.Index, StringComparison.Ordinal);
        Assert.True(at >= 0 && at < end, $"{place} does not contain {text}");
        return source[..at] + instead + source[(at + text.Length)..];
    }

    /// <summary>A kernel in PTX, up to the next one, or to what stands behind the last one.</summary>
    private static Range Entry(string ptx, string name)
    {
        int start = ptx.IndexOf($".visible .entry {name}(", StringComparison.Ordinal);
        Assert.True(start >= 0, $"there is no kernel {name} in the PTX");
        Match end = BehindKernel().Match(ptx, start + 1);
        return start..(end.Success ? end.Index : ptx.Length);
    }

    [GeneratedRegex("""^extern "C" __global__ void __launch_bounds__\(\d+, \d+\)\n(\w+)\(.*?\n\}\n""", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex KernelText();

    [GeneratedRegex(@"^\s*(// \.globl|\.visible \.entry|\.file|\.section)", RegexOptions.Multiline)]
    private static partial Regex BehindKernel();
}
