using Convoke.Kernels.Emission;

namespace Convoke.Kernels.Cpu;

/// <summary>What every CPU template needs: the writer, the vector width, and each helper emitted at most once.</summary>
public sealed class KernelWriter(VectorTarget target)
{
    private readonly HashSet<string> _emitted = [];

    public CodeWriter Code { get; } = new();

    public VectorTarget Target { get; } = target;

    public int Lanes => Target.Lanes;

    /// <summary>max(x, 0) of a vector.</summary>
    public string Relu(string vector) => new VectorPrinter(Target).Print(new KernelIr.Expression.Relu(vector));

    /// <summary>False the second time the same method is asked for: a remainder tile may serve several callers.</summary>
    public bool Once(string method) => _emitted.Add(method);

    /// <summary>Opens a microkernel: compiled once at full optimisation, never inlined, so that its registers are its own.</summary>
    public IDisposable Microkernel(string signature)
    {
        Code.Line();
        Code.Line("[MethodImpl(Hot)]");
        return Code.Block("private static void " + signature);
    }

    /// <summary>"a0_0 = F.Zero, a0_1 = F.Zero" in lines of one row of the tile each.</summary>
    public void Accumulators(Tile tile, Func<int, int, string> start)
    {
        for (int row = 0; row < tile.Rows; row++)
            Code.Line("F " + string.Join(", ", Vectors(tile).Select(z => $"a{row}_{z} = {start(row, z)}")) + ";");
    }

    /// <summary>Loads the step's vectors: "w0 = V.Load(w), w1 = V.Load(w + 16)".</summary>
    public string LoadVectors(Tile tile, string name, string from, int offset = 0) =>
        string.Join(" ", Vectors(tile).Select(z => $"{name}{z} = V.Load({Plus(from, offset + (z * Lanes))});"));

    /// <summary>One row of the step: broadcast an element, then a multiply-add for each vector.</summary>
    public string MultiplyAdd(Tile tile, int row, string element, string vector) =>
        $"b = V.Create({element}); " + string.Join(" ", Vectors(tile).Select(z => $"a{row}_{z} = V.{Target.MultiplyAdd}(b, {vector}{z}, a{row}_{z});"));

    public static IEnumerable<int> Vectors(Tile tile) => Enumerable.Range(0, tile.Vectors);

    /// <summary>"p", or "p + 32".</summary>
    public static string Plus(string place, int offset) => offset == 0 ? place : $"{place} + {offset}";
}
