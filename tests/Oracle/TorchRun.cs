using Convoke.Parity;
using TorchSharp;
using static TorchSharp.torch;

namespace Convoke.Oracle;

/// <summary>Which Adam a run uses.</summary>
internal enum RunOptimizer
{
    /// <summary>TorchSharp's own.</summary>
    Torch,

    /// <summary>PyTorch's form by hand: it must give what TorchSharp's own gives, and so vouches for the Keras form.</summary>
    TorchByHand,

    /// <summary>Keras's form by hand.</summary>
    KerasByHand,
}

/// <summary>The four recorded moments of one parameter, whole and in double.</summary>
internal sealed record Moments(double[] FirstGradient, double[] LastGradient, double[] FirstWeights, double[] LastWeights);

/// <summary>What a training run of a parity program gave.</summary>
internal sealed record TorchRun(IReadOnlyList<double> Losses, IReadOnlyList<Moments> Tensors)
{
    /// <summary>Trains all steps of a program in a precision, on one thread.</summary>
    public static TorchRun Of(ParityProgram program, ScalarType precision, RunOptimizer optimizer)
    {
        set_num_threads(1);
        using var network = new TorchNetwork(program, precision);
        var update = Updater(network, optimizer);
        var losses = new double[ParityProgram.Steps];
        double[][] firstGradient = [], lastGradient = [], firstWeights = [];
        for (var step = 1; step <= ParityProgram.Steps; step++)
        {
            using var scope = NewDisposeScope();
            foreach (var parameter in network.Parameters)
                parameter.grad?.zero_();
            var loss = network.Loss(step);
            loss.backward();
            losses[step - 1] = loss.to(ScalarType.Float64).item<double>();
            if (step == 1)
                firstGradient = Gradients(network);
            if (step == ParityProgram.Steps)
                lastGradient = Gradients(network);
            update();
            if (step == 1)
                firstWeights = Weights(network);
        }
        var lastWeights = Weights(network);
        return new(losses, [.. network.Parameters.Select((_, i) => new Moments(firstGradient[i], lastGradient[i], firstWeights[i], lastWeights[i]))]);
    }

    private static Action Updater(TorchNetwork network, RunOptimizer optimizer)
    {
        if (optimizer == RunOptimizer.Torch)
        {
            var adam = optim.Adam(network.Parameters, ParityProgram.LearningRate, ParityProgram.Beta1, ParityProgram.Beta2, ParityProgram.Epsilon);
            return () => adam.step();
        }
        var keras = optimizer == RunOptimizer.KerasByHand;
        return new HandAdam(
            network.Parameters,
            ParityProgram.LearningRate,
            ParityProgram.Beta1,
            ParityProgram.Beta2,
            keras ? ParityProgram.KerasEpsilon : ParityProgram.Epsilon,
            keras ? EpsilonPlace.BeforeCorrection : EpsilonPlace.AfterCorrection).Step;
    }

    private static double[][] Gradients(TorchNetwork network) =>
        [.. network.Parameters.Select(static parameter => Copy(parameter.grad ?? throw new InvalidOperationException("A parameter has no gradient.")))];

    private static double[][] Weights(TorchNetwork network) => [.. network.Parameters.Select(static parameter => Copy(parameter))];

    private static double[] Copy(Tensor tensor)
    {
        using var wide = tensor.detach().to(ScalarType.Float64).contiguous();
        return wide.data<double>().ToArray();
    }
}
