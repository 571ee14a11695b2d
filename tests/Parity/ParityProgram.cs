namespace Convoke.Parity;

/// <summary>A parameter of a parity program, in PyTorch's terms.</summary>
/// <param name="Id">The stream of <see cref="SeededTensors"/> that its start values come from; unique within a program.</param>
/// <param name="Name">PyTorch's name, such as "conv1.weight".</param>
/// <param name="Shape">PyTorch's order: [out, in, height, width] for a convolution, [out, in] for a dense layer, [out] for a bias.</param>
/// <param name="Centre">The middle of the start values.</param>
/// <param name="Bound">Start values lie in [Centre - Bound, Centre + Bound).</param>
public sealed record ParityTensor(int Id, string Name, IReadOnlyList<int> Shape, float Centre, float Bound)
{
    /// <summary>Elements, the product of <see cref="Shape"/>.</summary>
    public int Count => Shape.Aggregate(1, static (product, extent) => product * extent);

    /// <summary>A weight before a ReLU: He's uniform bound, sqrt(6 / fanIn).</summary>
    public static ParityTensor Hidden(int id, string name, int fanIn, params IReadOnlyList<int> shape) => new(id, name, shape, 0, (float)Math.Sqrt(6.0 / fanIn));

    /// <summary>A weight or bias of the last layer: PyTorch's bound, 1 / sqrt(fanIn).</summary>
    public static ParityTensor Last(int id, string name, int fanIn, params IReadOnlyList<int> shape) => new(id, name, shape, 0, (float)(1.0 / Math.Sqrt(fanIn)));
}

/// <summary>
/// A network and the training run that both sides make of it. Images are 28 x 28 x 1; "Flatten" reads channels first (c, h, w), as PyTorch does;
/// the loss is the mean cross entropy of logits; the optimizer is Adam.
/// </summary>
public sealed record ParityProgram(string Name, string Description, IReadOnlyList<ParityTensor> Tensors)
{
    /// <summary>Optimizer steps of the run, numbered from 1.</summary>
    public const int Steps = 50;

    /// <summary>The step whose batch is ragged.</summary>
    public const int RaggedStep = 25;

    /// <summary>Images of an ordinary batch.</summary>
    public const int BatchSize = 128;

    /// <summary>Images of the ragged batch: odd, and no multiple of any vector width.</summary>
    public const int RaggedBatchSize = 37;

    /// <summary>Adam's rate.</summary>
    public const double LearningRate = 1e-3;

    /// <summary>Adam's decay of the first moment.</summary>
    public const double Beta1 = 0.9;

    /// <summary>Adam's decay of the second moment.</summary>
    public const double Beta2 = 0.999;

    /// <summary>Adam's epsilon in the PyTorch form: rate/(1-b1^t) * m / (sqrt(v / (1-b2^t)) + eps).</summary>
    public const double Epsilon = 1e-8;

    /// <summary>Adam's epsilon in the Keras form: rate * sqrt(1-b2^t)/(1-b1^t) * m / (sqrt(v) + eps).</summary>
    public const double KerasEpsilon = 1e-7;

    /// <summary>Images in the batch of a step (1 to <see cref="Steps"/>).</summary>
    public static int BatchSizeAt(int step) => step == RaggedStep ? RaggedBatchSize : BatchSize;

    // The start values are chosen for a run that can be compared step by step in single precision. With PyTorch's own bounds (and noisier images)
    // TorchSharp's losses of program B in float and in double were 1 % apart after 50 steps: pooling picked other elements, and parameters with a
    // gradient near zero moved by Adam's full rate in a direction that rounding chose. He's bound keeps the signal from shrinking layer by layer,
    // and positive biases are meant to keep every unit active for many images.

    /// <summary>One convolution, one dense layer.</summary>
    public static ParityProgram A { get; } = new("A", "Conv2d(1,32,3) relu MaxPool2d(2) flatten Linear(5408,10)",
    [
        ParityTensor.Hidden(1, "conv1.weight", 9, 32, 1, 3, 3),
        new(2, "conv1.bias", [32], 0.25f, 0.25f),
        ParityTensor.Last(3, "fc1.weight", 5408, 10, 5408),
        ParityTensor.Last(4, "fc1.bias", 5408, 10),
    ]);

    /// <summary>Two convolutions, two dense layers.</summary>
    public static ParityProgram B { get; } = new("B", "Conv2d(1,32,3) relu MaxPool2d(2) Conv2d(32,64,3) relu MaxPool2d(2) flatten Linear(1600,128) relu Linear(128,10)",
    [
        ParityTensor.Hidden(1, "conv1.weight", 9, 32, 1, 3, 3),
        new(2, "conv1.bias", [32], 0.25f, 0.25f),
        ParityTensor.Hidden(3, "conv2.weight", 288, 64, 32, 3, 3),
        new(4, "conv2.bias", [64], 0.25f, 0.25f),
        ParityTensor.Hidden(5, "fc1.weight", 1600, 128, 1600),
        new(6, "fc1.bias", [128], 1.5f, 0.5f),
        ParityTensor.Last(7, "fc2.weight", 128, 10, 128),
        ParityTensor.Last(8, "fc2.bias", 128, 10),
    ]);
}
