using System.Text;
using Convoke.Compiled;

namespace Convoke.Testing;

/// <summary>The CUDA C text of a model's kernels, to be pinned in its owner's tests. It needs neither a GPU nor a compiler.</summary>
public sealed class KernelSource
{
    private readonly string[] _lines;

    private KernelSource(CudaProgram program)
    {
        FileName = program.Plan.FileName;
        Text = Encoding.UTF8.GetString(program.Source);
        Kernels = Array.AsReadOnly(Array.ConvertAll(program.Plan.Kernels, static kernel => kernel.Name));
        _lines = Text.Split('\n');
    }

    /// <summary>Name under which the compiler and its messages know the text: "MnistNet.cu".</summary>
    public string FileName { get; }

    /// <summary>The whole translation unit: helpers and kernels, lines that end in "\n".</summary>
    public string Text { get; }

    /// <summary>Names of the kernels, in the order of the text.</summary>
    public IReadOnlyList<string> Kernels { get; }

    /// <summary>One kernel: its opening comment, signature and body, without the helpers that it calls.</summary>
    /// <param name="kernel">One of <see cref="Kernels"/>; case counts.</param>
    /// <exception cref="ArgumentException">There is none of that name; the message lists what there is.</exception>
    public string this[string kernel]
    {
        get
        {
            ArgumentNullException.ThrowIfNull(kernel);
            if (!Kernels.Contains(kernel)) throw new ArgumentException($"{FileName} has no kernel \"{kernel}\". It has: {string.Join(", ", Kernels)}.", nameof(kernel));
            int signature = Array.FindIndex(_lines, line => line.StartsWith(kernel + "(", StringComparison.Ordinal) || line.Contains($" {kernel}(", StringComparison.Ordinal) && IsEntry(line));
            int first = signature, last = signature;
            while (!IsEntry(_lines[first])) first--;
            while (first > 0 && _lines[first - 1].StartsWith("//", StringComparison.Ordinal)) first--;
            while (!_lines[last].StartsWith('}')) last++;
            return string.Join('\n', _lines[first..(last + 1)]) + "\n";
        }
    }

    /// <summary>The kernels of a model class: <c>KernelSource.Of&lt;MnistNet&gt;()</c>.</summary>
    /// <exception cref="InvalidOperationException">The class has none: it has errors, or its build left implementation source out.</exception>
    public static KernelSource Of<TModel>() where TModel : ICompiledModel => new(Program<TModel>());

    /// <summary>The whole text.</summary>
    public override string ToString() => Text;

    internal static CudaProgram Program<TModel>() where TModel : ICompiledModel => TModel.CudaProgram
        ?? throw new InvalidOperationException($"{typeof(TModel).Name} has no CUDA kernels: the class has errors (build messages that begin with CVK name them), or its build left implementation source out.");

    private static bool IsEntry(string line) => line.StartsWith("extern \"C\" __global__", StringComparison.Ordinal);
}
