using Convoke.Compiled;

namespace Convoke.Kernels.Tests.Emission;

/// <summary>Emitted CPU programs of several heads against the interpreter.</summary>
public class HeadProgramTests
{
    private const int Heads = 24, Shards = 4;

    [Theory, InlineData(0), InlineData(1), InlineData(2), InlineData(3)]
    public void Emitted_kernels_of_several_heads_agree_with_the_interpreter(int shard)
    {
        int[] seeds = [.. Enumerable.Range(0, Heads).Where(s => s % Shards == shard)];
        CompiledModel[] models = [.. seeds.Select(static s => Compiler.Compile(RandomHeads.Model(s)))];
        CpuProgram[] programs = EmittedProgram.Load([.. models.Select((m, i) => m.Cpu[i % 3])]);
        for (int i = 0; i < seeds.Length; i++)
        {
            int seed = seeds[i], n = RandomGraphs.BatchSize(seed);
            CpuComparison.Compare(seed, n, RandomGraphs.Images(seed, models[i].Spec, n), Truth.Random(models[i].Spec, seed, n), graph => RandomGraphs.Weights(seed, graph), models[i], programs[i]);
        }
    }

    [Theory, InlineData(false, 1), InlineData(false, 11), InlineData(true, 1), InlineData(true, 9)]
    public void The_net_of_two_heads_agrees_with_the_interpreter_in_every_width(bool map, int n)
    {
        CompiledModel model = Compiler.Compile(TwoHeads.Of(map));
        foreach (CpuProgram program in EmittedProgram.Load(model.Cpu))
            CpuComparison.Compare(n, n, RandomGraphs.Images(n, model.Spec, n), Truth.Random(model.Spec, n, n), graph => RandomGraphs.Weights(n, graph), model, program);
    }
}
