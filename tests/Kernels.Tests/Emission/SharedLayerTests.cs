using Convoke.Compiled;
using Convoke.Kernels.Graphs;
using Convoke.Kernels.Models;

namespace Convoke.Kernels.Tests.Emission;

/// <summary>Layers that are called several times: one parameter, one update, and kernels that agree with the interpreter.</summary>
public class SharedLayerTests
{
    public static TheoryData<string> Nets => [.. SharedNets.All.Keys];

    [Theory, MemberData(nameof(Nets))]
    public void Kernels_agree_with_the_interpreter_in_every_width(string net)
    {
        CompiledModel model = Compiler.Compile(SharedNets.All[net]);
        CpuProgram[] programs = EmittedProgram.Load([.. model.Cpu]);
        foreach (CpuProgram program in programs)
            foreach (int n in (int[])[1, 9, 17])
                CpuComparison.Compare(n, n, RandomGraphs.Batch(n, model.Spec, n), graph => RandomGraphs.Weights(n, graph), model, program);
    }

    /// <summary>Without a training program, whose kernels make what is derived of weights.</summary>
    [Theory, MemberData(nameof(Nets))]
    public void A_model_that_only_predicts_agrees_with_the_interpreter(string net)
    {
        const int Seed = 3, N = 9;
        ModelSpec spec = SharedNets.All[net];
        CompiledModel model = Compiler.Compile(spec with { Losses = [], Optimizer = null });
        (float[] images, int[] labels) = RandomGraphs.Batch(Seed, spec, N);
        Reference reference = Reference.Run(spec, N, images, Truth.Of(spec, labels), graph => RandomGraphs.Weights(Seed, graph));
        foreach (CpuProgram program in EmittedProgram.Load([.. model.Cpu]))
        {
            using var runner = new ProgramRunner(model, program, N);
            foreach (ParameterInfo p in model.Parameters) runner.Set(p, LogicalOrder.FromGraph(p, reference.Weights[p.Name]));
            runner.SetBatch(images, Truth.Of(spec, labels));
            runner.Predict();
            CpuComparison.Near(LogicalOrder.Outputs(spec, N, reference.Outputs), runner.Output(N), $"{net}, {program.VectorBits} bits, predicting only: output");
        }
    }

    /// <summary>The table of layers has a row a call, of which the first has the parameters.</summary>
    [Fact]
    public void Parameters_are_counted_once()
    {
        CompiledModel model = Compiler.Compile(SharedNets.All["norms"]);
        Assert.Equal(["conv.kernel", "conv.bias", "norm.gamma", "norm.beta", "norm.moving_mean", "norm.moving_variance"], model.Parameters.Select(static p => p.Name).Take(6));
        Assert.Equal(model.Parameters.Count, model.Parameters.Select(static p => p.Name).Distinct().Count());
        Assert.Equal([(3 * 3 * 3 * 3) + 3, 0, 0], model.Layers.Where(static l => l.Name == "conv").Select(static l => l.ParameterCount));
        Assert.Equal([6, 0, 0, 0], model.Layers.Where(static l => l.Name == "norm").Select(static l => l.ParameterCount));
    }

    /// <summary>Each update reads the sum of what the calls send back.</summary>
    [Fact]
    public void Each_parameter_is_updated_once()
    {
        string training = "";
        Compiler.Compile(SharedNets.All["norms"], (pass, text) => training = pass == "remove dead adjoints" ? text : training);
        Assert.Equal(8, training.Split(" = Update(").Length - 1);
        Assert.Equal(3, training.Split(" = ConvWgrad(").Length - 1);
        Assert.Equal((5, 5), (training.Split(" = BatchNormSums(").Length - 1, training.Split(" = RunningMean(").Length - 1));
    }

    /// <summary>Before two normalizations a convolution has two copies with these in them, before the same one again it has one.</summary>
    [Fact]
    public void Prediction_folds_a_normalization_into_the_weights_of_its_call()
    {
        string folded = "";
        Compiler.Compile(SharedNets.All["norms"], (pass, text) => folded = pass == "fold batch norm" ? text : folded);
        Assert.Equal((2, 2, 3), (folded.Split(" = FoldedKernel(").Length - 1, folded.Split(" = FoldedBias(").Length - 1, folded.Split(" = Conv2D(").Length - 1));
    }
}
