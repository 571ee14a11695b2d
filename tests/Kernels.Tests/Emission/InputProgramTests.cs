using Convoke.Compiled;
using Convoke.Kernels.Graphs;
using Convoke.Kernels.Models;

namespace Convoke.Kernels.Tests.Emission;

/// <summary>Emitted CPU programs of several inputs against the interpreter.</summary>
public class InputProgramTests
{
    private const int Inputs = 40, Shards = 4;

    [Theory, InlineData(0), InlineData(1), InlineData(2), InlineData(3)]
    public void Emitted_kernels_of_several_inputs_agree_with_the_interpreter(int shard)
    {
        string? only = Environment.GetEnvironmentVariable("CONVOKE_SEED");
        int[] seeds = only is null ? [.. Enumerable.Range(0, Inputs).Where(s => s % Shards == shard)] : shard > 0 ? [] : [.. Enumerable.Repeat(int.Parse(only, System.Globalization.CultureInfo.InvariantCulture), 3)];
        CompiledModel[] models = [.. seeds.Select(static s => Compiler.Compile(RandomInputs.Model(s)))];
        CpuProgram[] programs = EmittedProgram.Load([.. models.Select((m, i) => m.Cpu[i % 3])]);
        for (int i = 0; i < seeds.Length; i++)
        {
            int seed = seeds[i], n = RandomGraphs.BatchSize(seed);
            CpuComparison.Compare(seed, n, RandomGraphs.Batch(seed, models[i].Spec, n), graph => RandomGraphs.Weights(seed, graph), models[i], programs[i]);
        }
    }

    /// <summary>Images and rows, first and behind; layers that twins share, of which some read the user's memory as it is; what reads it, and what an imported copy.</summary>
    [Fact]
    public void Every_kind_of_input_is_compared_often_enough()
    {
        ModelSpec[] models = [.. Enumerable.Range(0, Inputs).Select(RandomInputs.Model)];
        int rowsFirst = models.Count(static m => m.Input.IsFlat), rows = models.Count(static m => m.FurtherInputs.Any(static i => i.IsFlat)), images = models.Count(static m => m.FurtherInputs.Any(static i => !i.IsFlat));
        Assert.True(rowsFirst >= 5 && rows >= 5 && images >= 10, $"{rowsFirst} rows first, {rows} rows and {images} images behind");
        int shared = 0, copied = 0, kept = 0;
        foreach (ModelSpec model in models)
        {
            Graph graph = GraphBuilder.Build(model);
            Value[] direct = [.. graph.Values.Where(v => v.Op is Op.Conv2D or Op.Dense && Source(graph, v).Op is Op.Input)];
            kept += direct.Length;
            shared += direct.GroupBy(static v => v.Inputs[1]).Sum(static g => g.Count() - 1);
            copied += graph.Values.Count(static v => v.Op is Op.Import);
        }
        Assert.True(shared >= 7 && copied >= 20 && kept >= 25, $"{shared} shared by inputs, {copied} copied, {kept} read as they are");

        static Value Source(Graph graph, Value v) => graph[v.Inputs[0]] is { Op: Op.Flatten } flat ? graph[flat.Inputs[0]] : graph[v.Inputs[0]];
    }

    [Theory, InlineData(1), InlineData(8), InlineData(11)]
    public void The_net_of_twins_agrees_with_the_interpreter_in_every_width(int n)
    {
        CompiledModel model = Compiler.Compile(TwinInputs.Net);
        foreach (CpuProgram program in EmittedProgram.Load(model.Cpu))
            CpuComparison.Compare(n, n, RandomGraphs.Batch(n, model.Spec, n), graph => RandomGraphs.Weights(n, graph), model, program);
    }
}
