namespace Convoke.Benchmarks.Programs;

/// <summary>Seeded batches, equal for all contenders: uniform noise of unit variance and random classes; of two classes one is rarer.</summary>
/// <remarks>
/// Noise, as drawn or real digits have blank areas whose ties and zeros would favour kernels that skip them. Means of large maps of noise are alike: with two
/// classes in balance the gradients of images would cancel out, and what is left of their sum would be rounding, of which nobody's could be held to another's.
/// </remarks>
internal sealed class SampleData
{
    private const float UnitVarianceBound = 1.7320508f;

    private readonly ProgramSpec _program;

    public SampleData(ProgramSpec program, int batches)
    {
        _program = program;
        var random = new Random(1);
        Images = new float[batches][];
        Labels = new int[batches][];
        OneHot = new float[batches][];
        for (int b = 0; b < batches; b++)
        {
            Images[b] = new float[program.Batch * program.SampleLength];
            Labels[b] = new int[program.Batch * program.Pixels];
            for (int i = 0; i < Images[b].Length; i++) Images[b][i] = UnitVarianceBound * ((2 * random.NextSingle()) - 1);
            for (int i = 0; i < Labels[b].Length; i++) Labels[b][i] = program.Classes == 2 ? random.Next(4) / 3 : random.Next(program.Classes);
            OneHot[b] = program.EndsInLogits ? [] : new float[Labels[b].Length * program.Classes];
            for (int i = 0; i < Labels[b].Length && !program.EndsInLogits; i++) OneHot[b][(i * program.Classes) + Labels[b][i]] = 1;
        }
    }

    /// <summary>f32[N, H, W, C] per batch.</summary>
    public float[][] Images { get; }

    /// <summary>i32[N], or i32[N, H, W] where pixels are classified, per batch.</summary>
    public int[][] Labels { get; }

    /// <summary>f32[N, classes] per batch; empty where targets are class indices.</summary>
    public float[][] OneHot { get; }

    /// <summary>f32[N, C, H, W] of a batch.</summary>
    public float[] ChannelsFirst(int batch) => Turn(Images[batch], _program.Height * _program.Width, _program.Channels);

    /// <summary>[N, outer, inner] to [N, inner, outer].</summary>
    public static float[] Turn(float[] source, int outer, int inner)
    {
        var result = new float[source.Length];
        for (int n = 0; n < source.Length; n += outer * inner)
            for (int o = 0; o < outer; o++)
                for (int i = 0; i < inner; i++)
                    result[n + (i * outer) + o] = source[n + (o * inner) + i];
        return result;
    }
}
