using Convoke.Kernels.Types;

namespace Convoke.Kernels.Graphs;

public static partial class GraphInterpreter
{
    private static double[] Concat(Func<int, double[]> operand, Value y, Graph graph)
    {
        int channels = Channels(y), from = 0;
        double[][] parts = [.. Enumerable.Range(0, y.Inputs.Count).Select(operand)];
        var joined = new double[parts.Sum(static p => p.Length)];
        for (int part = 0; part < parts.Length; part++)
        {
            int own = Channels(graph[y.Inputs[part]]);
            for (int i = 0; i < parts[part].Length; i++) joined[(i / own * channels) + from + (i % own)] = parts[part][i];
            from += own;
        }

        return joined;
    }

    /// <summary>Where element i of the larger map [N,P,Q,C] comes from in the smaller one.</summary>
    private static int Shrunk(int i, Shape large, int height, int width)
    {
        int c = i % large[2], q = i / large[2] % large[1], p = i / large[2] / large[1] % large[0], sample = i / large.Count;
        return ((((sample * (large[0] / height)) + (p / height)) * (large[1] / width)) + (q / width)) * large[2] + c;
    }

    private static double[] Scatter(double[] dy, int count, Func<int, int> place)
    {
        var dx = new double[count];
        for (int i = 0; i < dy.Length; i++) dx[place(i)] += dy[i];
        return dx;
    }
}
