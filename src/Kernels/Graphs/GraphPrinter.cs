using System.Text;

namespace Convoke.Kernels.Graphs;

/// <summary>A graph as text, one value a line, outputs marked: what pass logs and snapshots show.</summary>
public static class GraphPrinter
{
    public static string Print(Graph graph)
    {
        var text = new StringBuilder();
        foreach (Value value in graph.Values) text.Append(value).Append(graph.Outputs.Contains(value.Id) ? "  -> output\n" : "\n");
        return text.ToString();
    }
}
