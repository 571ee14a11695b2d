using Convoke.Parity;
using Convoke.Runtime.Tests.Networks;

namespace Convoke.Runtime.Tests.Parity;

/// <summary>Fifty Adam steps of programs A and B beside what TorchSharp gave from equal weights and equal batches (tests/Oracle).</summary>
public class TorchParityTests
{
    /// <summary>The golden losses and gradients are computed in double; the file's own single-precision run shows what rounding alone does.</summary>
    private const double LossTolerance = 1e-4, GradientTolerance = 1e-5;

    /// <summary>
    /// Keras's form adds epsilon to the uncorrected root, 30 times smaller in the first step, so that a gradient near zero moves its weight by the sign of
    /// its rounding error: TorchSharp's own single-precision runs from start weights one ulp apart part by up to 7e-5 after 50 steps.
    /// </summary>
    private const double KerasLastGradientTolerance = 2e-4;

    /// <summary>Adam divides by the root of the second moment, so that a gradient's relative error is one of its step; where a gradient is next to nothing that error is large, in TorchSharp's own single-precision run of program B 2e-4 of the largest weight.</summary>
    private const double WeightTolerance = 1e-3;

    [Theory]
    [InlineData("a.json", "TorchA", GradientTolerance)]
    [InlineData("a_keras.json", "KerasAdamA", KerasLastGradientTolerance)]
    [InlineData("b.json", "TorchB", GradientTolerance)]
    public void Fifty_steps_agree(string file, string model, double lastGradientTolerance)
    {
        GoldenFile golden = GoldenFile.Load(Path.Combine(AppContext.BaseDirectory, "golden", file));
        ParityProgram program = file.StartsWith('a') ? ParityProgram.A : ParityProgram.B;
        using Model net = model switch
        {
            "TorchA" => TorchA.Create(Device.Cpu),
            "TorchB" => TorchB.Create(Device.Cpu),
            _ => KerasAdamA.Create(Device.Cpu),
        };
        if (net is not KerasAdamA) Assert.Equal(program.Tensors.Select(static t => t.Name), net.Parameters.Select(static p => p.Name));
        for (int i = 0; i < program.Tensors.Count; i++) Set(net.Parameters[i], program.Tensors[i]);

        for (int step = 1; step <= ParityProgram.Steps; step++)
        {
            int n = ParityProgram.BatchSizeAt(step);
            var images = new float[n * SeededTensors.ImageSize];
            var labels = new int[n];
            SeededTensors.Batch(step, n, images, labels);
            if (step is 1 or ParityProgram.Steps)
            {
                net.ComputeGradients(images, labels);
                for (int i = 0; i < program.Tensors.Count; i++)
                {
                    GoldenTensor tensor = golden[program.Tensors[i].Name];
                    Check(step == 1 ? tensor.FirstGradient : tensor.LastGradient, Get(net.Parameters[i], tensor, gradient: true), step == 1 ? GradientTolerance : lastGradientTolerance, $"gradient of {tensor.Name} in step {step}");
                }
            }

            double loss = net.TrainStep(images, labels).Loss, expected = golden.Losses[step - 1];
            Assert.True(Math.Abs(loss - expected) <= LossTolerance * expected, $"{file}, step {step}: loss {loss}, golden {expected}");
            if (step is not (1 or ParityProgram.Steps)) continue;
            for (int i = 0; i < program.Tensors.Count; i++)
            {
                GoldenTensor tensor = golden[program.Tensors[i].Name];
                Check(step == 1 ? tensor.FirstWeights : tensor.LastWeights, Get(net.Parameters[i], tensor, gradient: false), WeightTolerance, $"{tensor.Name} after step {step}");
            }
        }
    }

    private static void Check(GoldenSnapshot golden, float[] actual, double tolerance, string what)
    {
        GoldenDeviation deviation = golden.Compare(actual);
        Assert.True(deviation.IsWithin(tolerance), $"{what}: {deviation}; TorchSharp's own single-precision run deviates by {golden.Float32Deviation:G3}");
    }

    /// <summary>Start values are given in PyTorch's order; a model with Keras's names shows HWIO and IO.</summary>
    private static void Set(Parameter parameter, ParityTensor tensor)
    {
        float[] torch = SeededTensors.Weights(tensor);
        if (parameter.Layout is "OIHW" or "OI" or "O")
        {
            Assert.Equal(tensor.Shape, parameter.Shape.ToArray());
            parameter.CopyFrom(torch);
            return;
        }

        int outputs = tensor.Shape[0], inner = torch.Length / outputs;
        var keras = new float[torch.Length];
        for (int o = 0; o < outputs; o++)
            for (int i = 0; i < inner; i++) keras[(i * outputs) + o] = torch[(o * inner) + i];
        parameter.CopyFrom(keras);
    }

    private static float[] Get(Parameter parameter, GoldenTensor tensor, bool gradient)
    {
        var values = new float[parameter.Count];
        if (gradient) parameter.CopyGradientTo(values);
        else parameter.CopyTo(values);
        if (parameter.Layout is "OIHW" or "OI" or "O") return values;
        int outputs = tensor.Shape[0], inner = values.Length / outputs;
        var torch = new float[values.Length];
        for (int o = 0; o < outputs; o++)
            for (int i = 0; i < inner; i++) torch[(o * inner) + i] = values[(i * outputs) + o];
        return torch;
    }
}
