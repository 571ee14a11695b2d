using Convoke.Parity;
using Convoke.Runtime.Tests.Networks;

namespace Convoke.Runtime.Tests.Parity;

/// <summary>Twenty steps of a chain, a residual net, a U-Net, a net of shared weights, a net of two heads and a net of three inputs beside what TorchSharp gave from equal weights and batches (tests/Oracle).</summary>
public class TopologyParityTests
{
    /// <summary>Relative to the loss, to the largest logit, to a statistic's largest element; the golden file has TorchSharp's own single-precision run beside it.</summary>
    private const double Tolerance = 1e-3;

    public static TheoryData<string> Programs => ["c", "resnet9", "unet", "shared", "detector", "pair"];

    [Theory, MemberData(nameof(Programs))]
    public void Twenty_steps_agree(string name)
    {
        (TopologyProgram program, Model net) = name switch
        {
            "c" => (TopologyProgram.C, (Model)ProgramC.Create(Device.Cpu)),
            "resnet9" => (TopologyProgram.ResNet9, ResNet9.Create(Device.Cpu)),
            "unet" => (TopologyProgram.UNet, UNet.Create(Device.Cpu)),
            "shared" => (TopologyProgram.Shared, SharedWeights.Create(Device.Cpu)),
            "detector" => (TopologyProgram.Detector, Detector.Create(Device.Cpu)),
            _ => (TopologyProgram.Pair, Pair.Create(Device.Cpu)),
        };
        using (net)
        {
            TopologyGolden golden = TopologyGolden.Load(Path.Combine(AppContext.BaseDirectory, "golden", program.Name + ".json"));
            foreach (ParityTensor tensor in program.Tensors)
            {
                Parameter parameter = net.Parameters[tensor.Name];
                Assert.Equal(tensor.Shape, parameter.Shape);
                parameter.CopyFrom(SeededTensors.Weights(tensor));
            }

            for (int step = 1; step <= TopologyProgram.Steps; step++)
            {
                (float[] images, int[] labels) = Batch(program, step);
                StepResult result = net switch
                {
                    Detector detector => detector.TrainStep(images, labels, program.Boxes(step, labels.Length)),
                    Pair pair => pair.TrainStep(images, program.Twins(step, labels.Length), program.Extras(step, labels.Length), labels),
                    _ => net.TrainStep(images, labels),
                };
                double loss = result.Loss, expected = golden.Losses[step - 1];
                foreach ((string output, double[] parts) in golden.Parts ?? [])
                    Assert.True(Math.Abs(result.Losses[output] - parts[step - 1]) <= Tolerance * parts[step - 1], $"{name}, step {step}: loss of {output} {result.Losses[output]}, golden {parts[step - 1]}");
                Assert.True(Math.Abs(loss - expected) <= Tolerance * expected, $"{name}, step {step}: loss {loss}, golden {expected}, TorchSharp in single precision {golden.Float32Losses[step - 1]}");
            }

            foreach ((string statistic, float[] values) in golden.Statistics) Near(values, net.Parameters[statistic].ToArray(), statistic);
            var prediction = new float[golden.Prediction.Length];
            float[] first = Batch(program, 1).Images[..(TopologyGolden.Predicted * program.ImageSize)];
            if (net is Detector two) two.Predict(first, prediction.AsSpan(0, program.Classes), prediction.AsSpan(program.Classes));
            else if (net is Pair pair) pair.Predict(first, program.Twins(1, TopologyGolden.Predicted), program.Extras(1, TopologyGolden.Predicted), prediction);
            else net.Predict(first, prediction);
            if (net is ProgramC) Assert.Empty(golden.Statistics);
            Near(golden.Prediction, prediction, "outputs");
        }
    }

    private static void Near(float[] expected, float[] actual, string what)
    {
        Assert.Equal(expected.Length, actual.Length);
        double scale = expected.Max(Math.Abs);
        for (int i = 0; i < expected.Length; i++) Assert.True(Math.Abs(expected[i] - actual[i]) <= Tolerance * scale, $"{what}[{i}]: {actual[i]}, golden {expected[i]}, scale {scale}");
    }

    private static (float[] Images, int[] Labels) Batch(TopologyProgram program, int step)
    {
        int n = program.BatchSizeAt(step);
        var images = new float[n * program.ImageSize];
        var labels = new int[n * program.LabelCount];
        program.Batch(step, n, images, labels);
        return (images, labels);
    }
}
