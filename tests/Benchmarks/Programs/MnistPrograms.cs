namespace Convoke.Benchmarks.Programs;

// PyTorch's preset: Adam has TorchSharp's form and constants, so that whole training steps can be compared, not only gradients.
// The kernels are those of the samples' classes; only constants of the update differ.

/// <summary>Program A.</summary>
[Model(28, 28, 1, Defaults = Defaults.PyTorch)]
[Conv2D(32, 3, Activation = Activation.Relu)]
[MaxPool2D(2)]
[Flatten]
[Dense(10, Activation = Activation.Softmax)]
[Adam, CategoricalCrossentropy, Accuracy]
internal sealed partial class NetA;

/// <summary>Program B.</summary>
[Model(28, 28, 1, Defaults = Defaults.PyTorch)]
[Conv2D(32, 3, Activation = Activation.Relu)]
[MaxPool2D(2)]
[Conv2D(64, 3, Activation = Activation.Relu)]
[MaxPool2D(2)]
[Flatten]
[Dense(128, Activation = Activation.Relu)]
[Dense(10, Activation = Activation.Softmax)]
[Adam, CategoricalCrossentropy, Accuracy]
internal sealed partial class NetB;

/// <summary>The programs whose whole steps are timed.</summary>
internal static class MnistPrograms
{
    public const int Batch = 128;

    public static ProgramSpec A { get; } = new("A", 28, 28, 1, Batch, static device => NetA.Create(device, seed: 1), new Conv(32, 3), new Pool(2), new Dense(10, Relu: false));

    public static ProgramSpec B { get; } = new("B", 28, 28, 1, Batch, static device => NetB.Create(device, seed: 1),
        new Conv(32, 3), new Pool(2), new Conv(64, 3), new Pool(2), new Dense(128), new Dense(10, Relu: false));

    // Program C needs dropout, which annotations cannot say yet: it is left out, as a network without its dropout would be another program.
    public static IReadOnlyList<ProgramSpec> All { get; } = [A, B];

    /// <summary>The program of a name.</summary>
    public static ProgramSpec Named(string name) => All.FirstOrDefault(program => program.Name == name) ?? throw new ArgumentException($"There is no program {name}.", nameof(name));
}
