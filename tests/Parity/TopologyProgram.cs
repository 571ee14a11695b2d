namespace Convoke.Parity;

/// <summary>
/// A network of any topology and the training run that both sides make of it, in PyTorch's terms: images are channels first, the loss is the mean cross
/// entropy of logits (of a map over all its pixels), to which one with boxes adds <see cref="BoxWeight"/> times their smooth L1 loss; the optimizer is SGD with momentum.
/// </summary>
/// <param name="Name">File name of its golden values.</param>
/// <param name="Description">The network in PyTorch's words.</param>
/// <param name="Channels">Channels of an image.</param>
/// <param name="Side">Height and width of an image.</param>
/// <param name="Classes">Classes.</param>
/// <param name="PerPixel">Whether each pixel has a label.</param>
/// <param name="BatchSize">Images of a batch; the run's tenth batch has one less than half.</param>
/// <param name="LearningRate">SGD's rate.</param>
/// <param name="Momentum">SGD's momentum.</param>
/// <param name="Tensors">Trained tensors; running statistics start at 0 and 1.</param>
public sealed record TopologyProgram(
    string Name, string Description, int Channels, int Side, int Classes, bool PerPixel, int BatchSize, double LearningRate, double Momentum, IReadOnlyList<ParityTensor> Tensors)
{
    /// <summary>Optimizer steps, numbered from 1.</summary>
    public const int Steps = 20;

    /// <summary>The step whose batch is ragged.</summary>
    public const int RaggedStep = 10;

    /// <summary>PyTorch's defaults of a batch normalization.</summary>
    public const double NormMomentum = 0.1, NormEpsilon = 1e-5;

    /// <summary>What the loss of boxes counts for, and where it turns from a parabola into a line.</summary>
    public const double BoxWeight = 2, BoxBeta = 0.5;

    private const int Block = 4;

    /// <summary>Whether a sample has a second image of the same kind of set, and behind it a row of <see cref="ExtraCount"/> values.</summary>
    public bool HasTwins => ExtraCount > 0;

    /// <summary>Values of a sample's row; 0 where there is none.</summary>
    public int ExtraCount { get; init; }

    /// <summary>The second images of a step.</summary>
    public float[] Twins(int step, int count)
    {
        float[] images = new float[count * ImageSize];
        Batch(step + 100, count, images, new int[count * LabelCount]);
        return images;
    }

    /// <summary>The rows of a step: k/64 in [-2, 2).</summary>
    public float[] Extras(int step, int count) =>
        [.. Enumerable.Range(0, count * ExtraCount).Select(i => ((int)(SeededTensors.Hash(11_000 + (ulong)step, (ulong)i) >> 56) - 128) * (1f / 64f))];

    /// <summary>Values of an image's box; 0 where there is none.</summary>
    public int BoxCount { get; init; }

    /// <summary>The boxes of a step: those of the image's kind, k/64 in [-2, 2), and for one image in four another's.</summary>
    public float[] Boxes(int step, int count)
    {
        float[] boxes = new float[count * BoxCount];
        for (int n = 0; n < count; n++)
        {
            ulong draw = SeededTensors.Hash(7000, ((ulong)step << 32) + (ulong)n), kind = draw % 10;
            ulong from = (draw >> 56) % 4 == 0 ? 10 + ((draw >> 16) % 10) : kind;
            for (int i = 0; i < BoxCount; i++) boxes[(n * BoxCount) + i] = ((int)(SeededTensors.Hash(10_000 + from, (ulong)i) >> 56) - 128) * (1f / 64f);
        }
        return boxes;
    }

    /// <summary>Values of an image.</summary>
    public int ImageSize => Channels * Side * Side;

    /// <summary>Labels of an image.</summary>
    public int LabelCount => PerPixel ? Side * Side : 1;

    /// <summary>Images in the batch of a step.</summary>
    public int BatchSizeAt(int step) => step == RaggedStep ? (BatchSize / 2) - 1 : BatchSize;

    /// <summary>
    /// Fills the batch of a step: pixels k/64 in [-2, 2). An image is blocks of its kind's brightness under fine detail, ten kinds in all (see <see cref="SeededTensors"/> for why so few); its label is its kind
    /// for three in four, and a pixel's label which third of the range its block's brightness lies in.
    /// </summary>
    public void Batch(int step, int count, Span<float> images, Span<int> labels)
    {
        for (int n = 0; n < count; n++)
        {
            ulong draw = SeededTensors.Hash(7000, ((ulong)step << 32) + (ulong)n);
            int kind = (int)(draw % 10);
            if (!PerPixel) labels[n] = draw >> 60 < 12 ? kind % Classes : (int)((draw >> 32) % (ulong)Classes);
            for (int i = 0; i < ImageSize; i++)
            {
                int row = i / Side % Side, column = i % Side, channel = i / (Side * Side), block = (((row / Block) * Side) + (column / Block));
                int brightness = (int)(SeededTensors.Hash(8000 + (ulong)kind, (ulong)block) >> 56);
                int detail = (int)(SeededTensors.Hash(9000 + (ulong)kind, (ulong)((channel * Side * Side) + (i % (Side * Side)))) >> 56);
                images[(n * ImageSize) + i] = (((3 * brightness) + detail) / 4 - 128) * (1f / 64f);
                if (PerPixel && channel == 0) labels[(n * LabelCount) + i] = brightness * Classes / 256;
            }
        }
    }

    /// <summary>Program C with its dropout off.</summary>
    public static TopologyProgram C { get; } = new("c", "Conv2d(3,32,3) relu MaxPool2d(2) Conv2d(32,64,3) relu MaxPool2d(2) flatten Linear(2304,128) relu Linear(128,10)",
        3, 32, 10, PerPixel: false, 64, 0.01, 0,
    [
        ParityTensor.Hidden(21, "conv1.weight", 27, 32, 3, 3, 3), new(22, "conv1.bias", [32], 0.25f, 0.25f),
        ParityTensor.Hidden(23, "conv2.weight", 288, 64, 32, 3, 3), new(24, "conv2.bias", [64], 0.25f, 0.25f),
        ParityTensor.Hidden(25, "fc1.weight", 2304, 128, 2304), new(26, "fc1.bias", [128], 0.5f, 0.5f),
        ParityTensor.Last(27, "fc2.weight", 128, 10, 128), ParityTensor.Last(28, "fc2.bias", 128, 10),
    ]);

    /// <summary>A ResNet-9, a quarter as wide as usual.</summary>
    public static TopologyProgram ResNet9 { get; } = new("resnet9",
        "block(3,16) block(16,32) pool2 [x + block(block(x))](32) block(32,64) pool2 block(64,64) pool2 [x + block(block(x))](64) max over the image, Linear(64,10); block = Conv2d(3, padding 1, no bias) BatchNorm2d relu",
        3, 32, 10, PerPixel: false, 32, 0.005, 0.9,
    [
        .. Block3(31, "prep", 3, 16), .. Block3(34, "layer1", 16, 32), .. Block3(37, "res1a", 32, 32), .. Block3(40, "res1b", 32, 32),
        .. Block3(43, "layer2", 32, 64), .. Block3(46, "layer3", 64, 64), .. Block3(49, "res2a", 64, 64), .. Block3(52, "res2b", 64, 64),
        ParityTensor.Last(55, "fc.weight", 64, 10, 64), ParityTensor.Last(56, "fc.bias", 64, 10),
    ]);

    /// <summary>A U-Net of two levels: joins, upsampling, a class a pixel.</summary>
    public static TopologyProgram UNet { get; } = new("unet",
        "e1 = block(1,8); e2 = block(8,16)(pool2 e1); m = block(16,32)(pool2 e2); d2 = block(48,16)(cat(up2 m, e2)); d1 = block(24,8)(cat(up2 d2, e1)); Conv2d(8,3,1); block = Conv2d(3, padding 1, no bias) BatchNorm2d relu",
        1, 32, 3, PerPixel: true, 16, 0.1, 0.9,
    [
        .. Block3(61, "enc1", 1, 8), .. Block3(64, "enc2", 8, 16), .. Block3(67, "mid", 16, 32), .. Block3(70, "dec2", 48, 16), .. Block3(73, "dec1", 24, 8),
        ParityTensor.Last(76, "head.weight", 8, 3, 8, 1, 1), ParityTensor.Last(77, "head.bias", 8, 3),
    ]);

    /// <summary>One convolution three times, twice with the same normalization behind it, and one dense layer twice.</summary>
    public static TopologyProgram Shared { get; } = new("shared",
        "Conv2d(3,16,3) relu pool2 [x + relu(norm(conv(x)))] twice, pool2, relu(last_norm(conv(x))), max over the image, [relu(fc(x))] twice, Linear(16,10); conv = Conv2d(16,16,3), fc = Linear(16,16), all convolutions with padding 1",
        3, 32, 10, PerPixel: false, 32, 0.005, 0.9,
    [
        ParityTensor.Hidden(81, "stem.weight", 27, 16, 3, 3, 3), new(82, "stem.bias", [16], 0.25f, 0.25f),
        ParityTensor.Hidden(83, "conv.weight", 144, 16, 16, 3, 3), new(84, "conv.bias", [16], 0.25f, 0.25f),
        new(85, "norm.weight", [16], 1, 0.25f), new(86, "norm.bias", [16], 0, 0.25f), new(87, "last_norm.weight", [16], 1, 0.25f), new(88, "last_norm.bias", [16], 0, 0.25f),
        ParityTensor.Hidden(89, "fc.weight", 16, 16, 16), new(90, "fc.bias", [16], 0.5f, 0.5f),
        ParityTensor.Last(91, "head.weight", 16, 10, 16), ParityTensor.Last(92, "head.bias", 16, 10),
    ]);

    /// <summary>Two heads on one trunk: classes, and boxes with a loss of their own.</summary>
    public static TopologyProgram Detector { get; } = new("detector",
        "block(3,16) pool2 block(16,32) pool2 [x + block(block(x))](32); classes Linear(32,10) of the max over the image, boxes Linear(2048,4) of the flattened map; cross entropy + 2 smooth L1 (beta 0.5); block = Conv2d(3, padding 1, no bias) BatchNorm2d relu",
        3, 32, 10, PerPixel: false, 24, 0.001, 0.9,
    [
        .. Block3(81, "stem", 3, 16), .. Block3(84, "body", 16, 32), .. Block3(87, "res_a", 32, 32), .. Block3(90, "res_b", 32, 32),
        ParityTensor.Last(93, "head.weight", 32, 10, 32), ParityTensor.Last(94, "head.bias", 32, 10),
        ParityTensor.Last(95, "box.weight", 2048, 4, 2048), ParityTensor.Last(96, "box.bias", 2048, 4),
    ])
    { BoxCount = 4 };

    /// <summary>Two images through the same layers, the normalization's statistics moved by the first and then by the second, and a row of values beside them.</summary>
    public static TopologyProgram Pair { get; } = new("pair",
        "e(x) = max over the image of relu(norm(Conv2d(16,32,3,no bias)(pool2(relu(Conv2d(1,16,3)(x)))))), for both images; Linear(72,10) of cat(e(left) e(right), e(left) + e(right), relu(Linear(5,8)(extra)))",
        1, 32, 10, PerPixel: false, 24, 0.002, 0.9,
    [
        ParityTensor.Hidden(101, "conv1.weight", 9, 16, 1, 3, 3), new(102, "conv1.bias", [16], 0.25f, 0.25f),
        ParityTensor.Hidden(103, "conv2.weight", 144, 32, 16, 3, 3), new(104, "norm.weight", [32], 1, 0.25f), new(105, "norm.bias", [32], 0, 0.25f),
        ParityTensor.Hidden(106, "meta.weight", 5, 8, 5), new(107, "meta.bias", [8], 0.25f, 0.25f),
        ParityTensor.Last(108, "head.weight", 72, 10, 72), ParityTensor.Last(109, "head.bias", 72, 10),
    ])
    { ExtraCount = 5 };

    private static ParityTensor[] Block3(int id, string name, int inputs, int outputs) =>
    [
        ParityTensor.Hidden(id, name + ".weight", 9 * inputs, outputs, inputs, 3, 3), new(id + 1, name + "_norm.weight", [outputs], 1, 0.25f), new(id + 2, name + "_norm.bias", [outputs], 0, 0.25f),
    ];
}
