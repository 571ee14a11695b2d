using Convoke.Kernels.Emission;
using Convoke.Kernels.Scheduling;

namespace Convoke.Kernels.Cuda;

/// <summary>What every CUDA template needs: the text, the entry points found so far, and each helper emitted at most once.</summary>
public sealed class CudaWriter
{
    private readonly List<CudaKernel> _kernels = [];
    private readonly HashSet<string> _helpers = [];

    public CodeWriter Code { get; } = new();

    public IReadOnlyList<CudaKernel> Kernels => _kernels;

    /// <summary>Index of an entry point that was emitted.</summary>
    public int this[string kernel] => _kernels.FindIndex(k => k.Name == kernel);

    /// <summary>Writes a helper's text, the first time that it is asked for.</summary>
    public void Helper(string name, string text)
    {
        if (!_helpers.Add(name)) return;
        Code.Line();
        Code.Line(text);
    }

    /// <summary>Opens an entry point.</summary>
    /// <param name="kernel">Name, block, budget, shared memory.</param>
    /// <param name="comment">What it computes, lines that begin with "//".</param>
    /// <param name="parameters">Its parameters, one string a line of the signature.</param>
    public IDisposable Kernel(CudaKernel kernel, string comment, params string[] parameters)
    {
        _kernels.Add(kernel);
        Code.Line();
        Code.Line(comment);
        Code.Line(kernel.SharedBytes > 0
            ? $"//   {kernel.Threads} threads a block, {kernel.SharedBytes} bytes of shared memory, at most {kernel.RegisterBudget} registers a thread"
            : $"//   {kernel.Threads} threads a block, no shared memory, at most {kernel.RegisterBudget} registers a thread");
        Code.Line($"extern \"C\" __global__ void __launch_bounds__({kernel.Threads}, {kernel.MinBlocks})");
        string margin = new(' ', kernel.Name.Length + 1);
        return Code.Block($"{kernel.Name}({string.Join(",\n" + margin, parameters)})");
    }

    /// <summary>A float literal of C that reads back to the same bits.</summary>
    public static string Literal(double value)
    {
        string text = ((float)value).ToString("G9", System.Globalization.CultureInfo.InvariantCulture);
        return text + (text.Contains('.') || text.Contains('E') ? "f" : ".0f");
    }

    /// <summary>"f32[N,13,13,32]", as stored.</summary>
    public static string MapText(ConvGeometry g, bool output) => output ? $"f32[N,{g.OutRows},{g.OutColumns},{g.KStored}]" : $"f32[N,{g.H},{g.W},{g.CStored}]";
}
