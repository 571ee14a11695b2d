using Convoke.Parity;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Convoke.Oracle;

/// <summary>A parity program in TorchSharp's functions, with parameters started by the shared formula.</summary>
internal sealed class TorchNetwork : IDisposable
{
    private readonly ParityProgram program;
    private readonly ScalarType precision;

    public TorchNetwork(ParityProgram program, ScalarType precision)
    {
        this.program = program;
        this.precision = precision;
        Parameters = [.. program.Tensors.Select(spec => Start(spec, precision))];
    }

    /// <summary>In the order of the program's tensors.</summary>
    public IReadOnlyList<Parameter> Parameters { get; }

    /// <summary>The mean cross entropy of a step's batch.</summary>
    public Tensor Loss(int step)
    {
        var count = ParityProgram.BatchSizeAt(step);
        var images = new float[count * SeededTensors.ImageSize];
        var labels = new int[count];
        SeededTensors.Batch(step, count, images, labels);
        using var x = tensor(images, [count, 1, 28, 28]).to(precision);
        using var y = tensor(labels, [count]).to(ScalarType.Int64);
        return F.cross_entropy(Logits(x), y);
    }

    public void Dispose()
    {
        foreach (var parameter in Parameters)
            parameter.Dispose();
    }

    private Tensor Logits(Tensor images)
    {
        var x = F.max_pool2d(F.relu(F.conv2d(images, Named("conv1.weight"), Named("conv1.bias"))), 2);
        if (program == ParityProgram.A)
            return F.linear(x.flatten(1), Named("fc1.weight"), Named("fc1.bias"));
        x = F.max_pool2d(F.relu(F.conv2d(x, Named("conv2.weight"), Named("conv2.bias"))), 2);
        x = F.relu(F.linear(x.flatten(1), Named("fc1.weight"), Named("fc1.bias")));
        return F.linear(x, Named("fc2.weight"), Named("fc2.bias"));
    }

    private Parameter Named(string name)
    {
        for (var i = 0; i < Parameters.Count; i++)
            if (program.Tensors[i].Name == name)
                return Parameters[i];
        throw new ArgumentException($"Program {program.Name} has no tensor {name}.", nameof(name));
    }

    private static Parameter Start(ParityTensor spec, ScalarType precision)
    {
        var shape = spec.Shape.Select(static extent => (long)extent).ToArray();
        using var start = tensor(SeededTensors.Weights(spec), shape);
        return new Parameter(start.to(precision), true);
    }
}
