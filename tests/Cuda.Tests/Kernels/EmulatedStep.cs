using Convoke.Kernels;
using Convoke.Kernels.Tests;
using Convoke.PtxEmulator;

namespace Convoke.Cuda.Tests.Kernels;

/// <summary>One training step of a model's emitted kernels on the emulator, for what its launches do.</summary>
internal static class EmulatedStep
{
    private const int Seed = 1;

    /// <summary>The step's launches, in order, with their counters. Images are random bytes, weights those at which training starts; no check is on but that of bounds.</summary>
    public static IReadOnlyList<EmulatedLaunch> Run(CompiledModel model, string ptx, int n)
    {
        var random = new Random(Seed);
        using var program = new EmulatedProgram(model, ptx, n, new ExecutionOptions { DetectRaces = false, DetectUninitialized = false, Count = true });
        foreach (ParameterInfo parameter in model.Parameters) program.Set(parameter, Start(parameter, random));
        byte[] images = new byte[n * model.Spec.Input.Height * model.Spec.Input.Width * model.Spec.Input.Channels];
        random.NextBytes(images);
        int classes = model.Outputs[0].Classes;
        program.SetSamples<byte>(n, images, Enumerable.Range(0, n).Select(_ => random.Next(classes)).ToArray(), []);
        program.Derive();
        int first = program.Launches.Count;
        program.Train(n);
        return program.Launches[first..];
    }

    private static float[] Start(ParameterInfo parameter, Random random)
    {
        float[] values = new float[parameter.Shape.Aggregate(1, static (a, b) => a * b)];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = parameter.Initializer switch
            {
                Initializer.Ones => 1,
                Initializer.Uniform => (float)(((2 * random.NextDouble()) - 1) * parameter.Bound),
                _ => 0,
            };
        }
        return values;
    }
}
