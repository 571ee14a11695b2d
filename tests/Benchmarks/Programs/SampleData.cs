namespace Convoke.Benchmarks.Programs;

/// <summary>Seeded batches, equal for all contenders: uniform noise of unit variance and random classes.</summary>
/// <remarks>Noise, as drawn or real digits have blank areas whose ties and zeros would favour kernels that skip them.</remarks>
internal sealed class SampleData
{
    private const float UnitVarianceBound = 1.7320508f;

    public SampleData(ProgramSpec program, int batches)
    {
        var random = new Random(1);
        Images = new float[batches][];
        Labels = new int[batches][];
        OneHot = new float[batches][];
        for (int b = 0; b < batches; b++)
        {
            Images[b] = new float[program.Batch * program.SampleLength];
            Labels[b] = new int[program.Batch];
            OneHot[b] = new float[program.Batch * program.Classes];
            for (int i = 0; i < Images[b].Length; i++) Images[b][i] = UnitVarianceBound * ((2 * random.NextSingle()) - 1);
            for (int i = 0; i < program.Batch; i++)
            {
                Labels[b][i] = random.Next(program.Classes);
                OneHot[b][(i * program.Classes) + Labels[b][i]] = 1;
            }
        }
    }

    /// <summary>f32[N, H, W, C] per batch.</summary>
    public float[][] Images { get; }

    /// <summary>i32[N] per batch.</summary>
    public int[][] Labels { get; }

    /// <summary>f32[N, classes] per batch.</summary>
    public float[][] OneHot { get; }
}
