namespace Convoke.Benchmarks.Programs;

/// <summary>One value per parameter element of a program, in PyTorch's order: OIHW, OI with features in the order c, h, w; bias after weight.</summary>
internal static class ParameterValues
{
    /// <summary>The weights of a Convoke model.</summary>
    public static float[][] Weights(ProgramSpec program, Model model) => Read(program, model, static (parameter, values) => parameter.CopyTo(values));

    /// <summary>The gradients that the model's last <c>ComputeGradients</c> left.</summary>
    public static float[][] Gradients(ProgramSpec program, Model model) => Read(program, model, static (parameter, values) => parameter.CopyGradientTo(values));

    /// <summary>Sets the weights of a Convoke model.</summary>
    public static void Load(ProgramSpec program, Model model, float[][] weights)
    {
        int index = 0;
        foreach ((Layer layer, int height, int width, int channels) in WithParameters(program))
        {
            model.Parameters[index].CopyFrom(layer is Dense dense ? Reorder(weights[index], dense.Units, channels, height * width) : weights[index]);
            model.Parameters[index + 1].CopyFrom(weights[index + 1]);
            index += 2;
        }
    }

    private static float[][] Read(ProgramSpec program, Model model, Action<Parameter, float[]> copy)
    {
        var result = new float[model.Parameters.Count][];
        for (int i = 0; i < result.Length; i++)
        {
            result[i] = new float[model.Parameters[i].Count];
            copy(model.Parameters[i], result[i]);
        }
        int index = 0;
        foreach ((Layer layer, int height, int width, int channels) in WithParameters(program))
        {
            if (layer is Dense dense) result[index] = Reorder(result[index], dense.Units, height * width, channels);
            index += 2;
        }
        return result;
    }

    private static IEnumerable<(Layer Layer, int Height, int Width, int Channels)> WithParameters(ProgramSpec program) => program.Walk().Where(static step => step.Layer is not Pool);

    /// <summary>[units, outer, inner] to [units, inner, outer]: a flattened NHWC image's features to NCHW order, or back.</summary>
    private static float[] Reorder(float[] source, int units, int outer, int inner)
    {
        var result = new float[source.Length];
        for (int u = 0; u < units; u++)
            for (int o = 0; o < outer; o++)
                for (int i = 0; i < inner; i++)
                    result[(((u * inner) + i) * outer) + o] = source[(((u * outer) + o) * inner) + i];
        return result;
    }
}
