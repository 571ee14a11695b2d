using Convoke.Kernels.Emission;
using Convoke.Kernels.Scheduling;

namespace Convoke.Kernels.Cuda;

/// <summary>What every CUDA template needs: the text, the entry points found so far, and each helper emitted at most once.</summary>
public sealed class CudaWriter
{
    private static readonly System.Text.RegularExpressions.Regex Numbers = new("_?[0-9]+");
    private readonly List<CudaKernel> _kernels = [];
    private readonly HashSet<string> _helpers = [];
    private readonly Dictionary<string, int> _bodies = new(StringComparer.Ordinal);
    private readonly CodeWriter _file = new();
    private CodeWriter? _body;

    /// <summary>Where text goes: the body of the entry point that is open, or between entry points.</summary>
    public CodeWriter Code => _body ?? _file;

    public IReadOnlyList<CudaKernel> Kernels => _kernels;

    /// <summary>Index of the entry point that was emitted last, or found again.</summary>
    public int Last { get; private set; }

    /// <summary>Writes a helper's text, the first time that it is asked for.</summary>
    public void Helper(string name, string text)
    {
        if (!_helpers.Add(name)) return;
        _file.Line();
        _file.Line(text);
    }

    /// <summary>Opens an entry point. One whose text was emitted before, for another pass or a layer of equal shape, is found again; another of its name gets a number behind it.</summary>
    /// <param name="kernel">Name, block, budget, shared memory.</param>
    /// <param name="comment">What it computes, lines that begin with "//".</param>
    /// <param name="parameters">Its parameters, one string a line of the signature.</param>
    public IDisposable Kernel(CudaKernel kernel, string comment, params string[] parameters)
    {
        _body = new CodeWriter();
        return new Scope(this, kernel, comment, parameters);
    }

    private void Close(CudaKernel kernel, string comment, string[] parameters)
    {
        string body = _body!.ToString();
        _body = null;

        // Layers of equal shapes have equal kernels: the places that they work on are arguments.
        string alike = string.Join("\n", [Numbers.Replace(kernel.Name, ""), $"{kernel.Threads} {kernel.MinBlocks} {kernel.SharedBytes} {kernel.DynamicBytes}", .. parameters, body]);
        if (_bodies.TryGetValue(alike, out int emitted))
        {
            Last = emitted;
            return;
        }

        Last = _bodies[alike] = _kernels.Count;
        string wanted = kernel.Name;
        for (int number = 2; _kernels.Any(k => k.Name == kernel.Name); number++) kernel = kernel with { Name = $"{wanted}_{number}" };
        _kernels.Add(kernel);
        _file.Line();
        _file.Line(comment);
        _file.Line(kernel.SharedBytes + kernel.DynamicBytes > 0
            ? $"//   {kernel.Threads} threads a block, {kernel.SharedBytes + kernel.DynamicBytes} bytes of shared memory{(kernel.DynamicBytes > 0 ? $", {kernel.DynamicBytes} of them the launch's" : "")}, at most {kernel.RegisterBudget} registers a thread"
            : $"//   {kernel.Threads} threads a block, no shared memory, at most {kernel.RegisterBudget} registers a thread");
        _file.Line($"extern \"C\" __global__ void __launch_bounds__({kernel.Threads}, {kernel.MinBlocks})");
        string margin = new(' ', kernel.Name.Length + 1);
        using (_file.Block($"{kernel.Name}({string.Join(",\n" + margin, parameters)})")) _file.Line(body.TrimEnd('\n'));
    }

    /// <summary>A float literal of C that reads back to the same bits.</summary>
    public static string Literal(double value)
    {
        string text = ((float)value).ToString("G9", System.Globalization.CultureInfo.InvariantCulture);
        return text + (text.Contains('.') || text.Contains('E') ? "f" : ".0f");
    }

    /// <summary>"f32[N,13,13,32]", as stored.</summary>
    public static string MapText(ValueStorage s) => s.Rows * s.Columns > 1 ? $"f32[N,{s.Rows},{s.Columns},{s.Stored}]" : $"f32[N,{s.Stored}]";

    /// <summary>"f32[N,13,13,32]", as stored.</summary>
    public static string MapText(ConvGeometry g, bool output) => output ? $"f32[N,{g.OutRows},{g.OutColumns},{g.KStored}]" : $"f32[N,{g.H},{g.W},{g.CStored}]";

    private sealed class Scope(CudaWriter writer, CudaKernel kernel, string comment, string[] parameters) : IDisposable
    {
        public void Dispose() => writer.Close(kernel, comment, parameters);
    }
}
