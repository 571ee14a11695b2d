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

    /// <summary>An output [N,P,Q,K] in the order in which the model yields it: with channels first [N,K,P,Q].</summary>
    public static double[] Output(CompiledModel model, double[] x) => model.Pixels == 1 || model.Spec.Input.Layout == Kernels.Models.ImageLayout.ChannelsLast ? x
        : [.. Enumerable.Range(0, x.Length).Select(i => x[(i / (model.Pixels * model.Classes) * model.Pixels * model.Classes) + (i % model.Pixels * model.Classes) + (i / model.Pixels % model.Classes)])];

    /// <summary>Where the parameter's logical element lies in its storage.</summary>
    public static int StorageOffset(ParameterInfo parameter, int element)
    {
        int offset = 0;
        for (int axis = parameter.Axes.Count - 1; axis >= 0; axis--)
        {
            AxisInfo a = parameter.Axes[axis];
            int i = element % a.Extent;
            element /= a.Extent;
            offset += (i / a.Block * a.BlockStride) + (i % a.Block * a.Stride);
        }

        return offset;
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
