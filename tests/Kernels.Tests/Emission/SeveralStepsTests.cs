using Convoke.Compiled;
using Convoke.Kernels.Graphs;
using Convoke.Kernels.Models;

namespace Convoke.Kernels.Tests.Emission;

/// <summary>Emitted CPU programs over several steps of every optimizer, against the same steps in double.</summary>
public unsafe class SeveralStepsTests
{
    public static TheoryData<string> Optimizers => [.. SeveralSteps.Optimizers.Keys];

    [Theory, MemberData(nameof(Optimizers))]
    public void Moments_are_carried_from_step_to_step(string optimizer)
    {
        ModelSpec spec = SeveralSteps.Model(optimizer);
        CompiledModel model = Compiler.Compile(spec);
        Dictionary<string, float[]> start = RandomModels.Weights(7, GraphBuilder.Build(spec));
        foreach (CpuProgram program in EmittedProgram.Load(model.Cpu))
        {
            using var runner = new ProgramRunner(model, program, SeveralSteps.Samples);
            foreach (ParameterInfo p in model.Parameters) runner.Set(p, LogicalOrder.FromGraph(p, start[p.Name]));
            for (int step = 1; step <= SeveralSteps.Steps; step++)
            {
                (float[] images, int[] labels) = SeveralSteps.Batch(spec, step - 1);
                runner.SetBatch(images, Truth.Of(spec, labels));
                (runner.Step.StepSize, runner.Step.SecondMomentScale) = Clock(spec.Optimizer!, step);
                runner.Train(gradientsOnly: false);
            }

            foreach ((ParameterInfo parameter, float[] expected) in SeveralSteps.Run(spec, model, start))
                SeveralSteps.Near(expected, runner.Get(parameter, runner.Step.Parameters), $"{optimizer}, {program.VectorBits} bits: {parameter.Name}");
        }
    }

    /// <summary>What the run time sets before a step.</summary>
    private static (float StepSize, float SecondMomentScale) Clock(OptimizerSpec optimizer, int step)
    {
        if (optimizer is not AdamSpec adam) return ((float)optimizer.LearningRate, 1);
        double correction1 = 1 - Math.Pow(adam.Beta1, step), root2 = Math.Sqrt(1 - Math.Pow(adam.Beta2, step));
        return adam.Form == EpsilonForm.BeforeCorrection ? ((float)(adam.LearningRate * root2 / correction1), 1) : ((float)(adam.LearningRate / correction1), (float)(1 / root2));
    }
}
