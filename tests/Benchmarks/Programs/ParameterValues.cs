namespace Convoke.Benchmarks.Programs;

/// <summary>One value per parameter element of a program, in PyTorch's order: OIHW, OI with features in the order c, h, w; bias after weight.</summary>
internal static class ParameterValues
{
    /// <summary>Start values for a comparison: the model's own, but running statistics drawn, as zeros and ones would hide how they are used.</summary>
    public static float[][] Start(ProgramSpec program, Model model)
    {
        float[][] values = Weights(program, model);
        var random = new Random(2);
        for (int i = 0; i < values.Length; i++)
        {
            if (model.Parameters[i].IsTrained) continue;
            bool isVariance = model.Parameters[i].Name.EndsWith("running_var", StringComparison.Ordinal);
            for (int k = 0; k < values[i].Length; k++) values[i][k] = isVariance ? 0.5f + random.NextSingle() : random.NextSingle() - 0.5f;
        }
        return values;
    }

    /// <summary>The weights of a Convoke model, running statistics included.</summary>
    public static float[][] Weights(ProgramSpec program, Model model) => Read(program, model, static (parameter, values) => parameter.CopyTo(values));

    /// <summary>The gradients that the model's last <c>ComputeGradients</c> left; zeros for what is not trained.</summary>
    public static float[][] Gradients(ProgramSpec program, Model model) => Read(program, model, static (parameter, values) =>
    {
        if (parameter.IsTrained) parameter.CopyGradientTo(values);
    });

    /// <summary>Sets the weights of a Convoke model.</summary>
    public static void Load(ProgramSpec program, Model model, float[][] weights)
    {
        int index = 0;
        foreach ((Layer layer, int height, int width, int channels) in program.Walk())
        {
            for (int i = 0; i < Count(layer); i++, index++)
                model.Parameters[index].CopyFrom(layer is Dense dense && i == 0 ? Reorder(weights[index], dense.Units, channels, height * width) : weights[index]);
        }
    }

    /// <summary>Tensors of a layer: weight and bias, or scale, shift, running mean and variance.</summary>
    public static int Count(Layer layer) => layer switch
    {
        Conv conv => conv.Bias ? 2 : 1,
        Dense => 2,
        Norm => 4,
        _ => 0,
    };

    private static float[][] Read(ProgramSpec program, Model model, Action<Parameter, float[]> copy)
    {
        var result = new float[model.Parameters.Count][];
        for (int i = 0; i < result.Length; i++)
        {
            result[i] = new float[model.Parameters[i].Count];
            copy(model.Parameters[i], result[i]);
        }
        int index = 0;
        foreach ((Layer layer, int height, int width, int channels) in program.Walk())
        {
            if (layer is Dense dense) result[index] = Reorder(result[index], dense.Units, height * width, channels);
            index += Count(layer);
        }
        return result;
    }

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
