namespace Convoke.Kernels.Tests;

/// <summary>Between the order in which a preset shows a parameter and the order in which it is stored.</summary>
internal static class StorageOrder
{
    /// <summary>Where the parameter's logical element lies in its storage.</summary>
    public static int Offset(ParameterInfo parameter, int element)
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
}
