using Convoke.Kernels;
using Convoke.Kernels.Graphs;
using Convoke.Kernels.Models;
using Convoke.Kernels.Tests;
using Convoke.PtxEmulator;
using Compiler = Convoke.Kernels.Compiler;

namespace Convoke.Cuda.Tests.Kernels;

/// <summary>Emitted CUDA kernels over several steps of every optimizer, against the same steps in double; the device's own clock and position move on.</summary>
public class SeveralStepsTests
{
    public static TheoryData<string> Optimizers => [.. SeveralSteps.Optimizers.Keys];

    [NvrtcTheory, MemberData(nameof(Optimizers))]
    public void Moments_are_carried_from_step_to_step(string optimizer)
    {
        ModelSpec spec = SeveralSteps.Model(optimizer);
        CompiledModel model = Compiler.Compile(spec);
        Dictionary<string, float[]> start = RandomModels.Weights(7, GraphBuilder.Build(spec));
        using var program = new EmulatedProgram(model, EmulatedProgram.Compile(model), SeveralSteps.Samples, new ExecutionOptions());
        foreach (ParameterInfo p in model.Parameters) program.Set(p, LogicalOrder.FromGraph(p, start[p.Name]));
        (float[] Images, int[] Labels)[] batches = [.. Enumerable.Range(0, SeveralSteps.Steps).Select(step => SeveralSteps.Batch(spec, step))];
        program.SetSamples<float>(batches.Sum(static b => b.Labels.Length), batches.SelectMany(static b => b.Images).ToArray(), batches.SelectMany(static b => b.Labels).ToArray(), []);
        program.Derive();
        for (int step = 0; step < SeveralSteps.Steps; step++) program.Train(SeveralSteps.Samples);
        Assert.Equal(SeveralSteps.Steps, program.Step.Step);
        Assert.Equal(SeveralSteps.Steps * SeveralSteps.Samples, program.Step.Position);
        foreach ((ParameterInfo parameter, float[] expected) in SeveralSteps.Run(spec, model, start))
            SeveralSteps.Near(expected, program.Get(parameter, CudaArea.Parameters), $"{optimizer}: {parameter.Name}");
    }
}
