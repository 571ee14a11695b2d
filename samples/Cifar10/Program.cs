using Convoke;

namespace Cifar10Sample;

/// <summary>Two convolutions and a hidden layer in PyTorch's conventions: images as planes of red, green, blue, dropout, and a loss on logits.</summary>
[Model(3, 32, 32, Layout = Layout.ChannelsFirst, Defaults = Defaults.PyTorch)]   // channels, height, width
[Sgd(0.01), CrossEntropy, Accuracy]
public partial class Cnn
{
    [Conv2D(32, 3)] private static partial Sym Conv1(Sym x);
    [Conv2D(64, 3)] private static partial Sym Conv2(Sym x);
    [MaxPool2D(2)] private static partial Sym Pool(Sym x);
    [Dropout(0.5)] private static partial Sym Drop(Sym x);                // each call has a mask of its own
    [Dense(128, In = 64 * 6 * 6)] private static partial Sym Fc1(Sym x);   // In is optional: inferred, and checked when given
    [Dense(10)] private static partial Sym Fc2(Sym x);

    private static Sym Forward(Sym x)
    {
        x = Drop(Pool(Relu(Conv1(x))));
        x = Drop(Pool(Relu(Conv2(x))));
        x = Drop(Relu(Fc1(Flatten(x))));
        return Fc2(x);
    }
}

internal static class Program
{
    private const int BatchSize = 128;

    private static int Main(string[] args) => CommandLine.Run(args, Train);

    private static int Train(Settings settings)
    {
        Device device = Device.Parse(settings.Device);
        Console.WriteLine(Cnn.Summary);
        Report.Device(device);
        ImageClassificationData data = Cifar10.Load(settings.DataFolder);
        Console.WriteLine($"Data: {data.Origin}");

        using Cnn net = Cnn.Create(device, settings.Seed);
        Curves curves = new((data.Train.Count + BatchSize - 1) / BatchSize);
        curves.AddTest(net.Evaluate(data.Test));
        for (int epoch = 1; epoch <= settings.Epochs; epoch++)
        {
            // A seed per epoch is an order per epoch; the run's own seed sets runs apart.
            foreach (Batch batch in data.Train.Batches(BatchSize, shuffleSeed: settings.Seed + (ulong)epoch))
                curves.AddStep(net.TrainStep(batch.Images, batch.Labels));
            curves.AddTest(net.Evaluate(data.Test));
            Report.Epoch(epoch, settings.Epochs, curves);
        }

        Report.Accuracy(curves.Tests[^1]);
        if (settings.Plot is { } plot) Picture.Save(plot, curves, net, data);
        return 0;
    }
}
