using Convoke.Kernels.Models;
using Convoke.Kernels.Types;

namespace Convoke.Kernels.Tests;

/// <summary>Between the graph's axis order (RSCK, IO) and the order in which a preset shows a parameter (OIHW, OI).</summary>
internal static class LogicalOrder
{
    public static float[] FromGraph(ParameterInfo parameter, float[] x) => parameter.Layout switch
    {
        "OIHW" => Permute(x, [parameter.Shape[2], parameter.Shape[3], parameter.Shape[1], parameter.Shape[0]], [3, 2, 0, 1]),
        "OI" => Permute(x, [parameter.Shape[1], parameter.Shape[0]], [1, 0]),
        _ => x,
    };

    /// <summary>All outputs, each [N,P,Q,K], as the model yields them: sample by sample one behind the other, with channels first [K,P,Q].</summary>
    public static double[] Outputs(ModelSpec spec, int n, IReadOnlyList<double[]> outputs)
    {
        IReadOnlyList<Shape> shapes = Reference.OutputShapes(spec);
        return [.. Enumerable.Range(0, n).SelectMany(sample => outputs.SelectMany((x, o) => Sample(spec, shapes[o], x.AsSpan(sample * shapes[o].Count, shapes[o].Count).ToArray())))];
    }

    /// <summary>One sample [P,Q,K] in the user's order.</summary>
    public static double[] Sample(ModelSpec spec, Shape shape, double[] x)
    {
        if (!shape.IsImage || spec.Input.Layout == ImageLayout.ChannelsLast) return x;
        int pixels = shape[0] * shape[1], channels = shape[2];
        return [.. Enumerable.Range(0, x.Length).Select(i => x[(i % pixels * channels) + (i / pixels)])];
    }

    /// <summary>Row-major transposition: axis i of the result is axis order[i] of the source.</summary>
    private static float[] Permute(float[] x, int[] extents, int[] order)
    {
        var strides = new int[extents.Length];
        for (int axis = extents.Length - 1, stride = 1; axis >= 0; stride *= extents[axis--]) strides[axis] = stride;
        var y = new float[x.Length];
        for (int i = 0; i < y.Length; i++)
        {
            int rest = i, from = 0;
            for (int axis = order.Length - 1; axis >= 0; axis--)
            {
                from += rest % extents[order[axis]] * strides[order[axis]];
                rest /= extents[order[axis]];
            }

            y[i] = x[from];
        }

        return y;
    }
}
