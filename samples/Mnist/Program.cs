using Convoke;

namespace MnistSample;

/// <summary>The program everybody knows: one convolution, one pooling, one dense layer.</summary>
[Model(28, 28, 1)]                                   // height, width, channels
[Conv2D(32, 3, Activation = Activation.Relu)]
[MaxPool2D(2)]
[Flatten]
[Dense(10, Activation = Activation.Softmax)]
[Adam, CategoricalCrossentropy, Accuracy]
public partial class MnistNet;

/// <summary>Its bigger sister (<c>--model keras</c>): two convolutions and a hidden layer.</summary>
[Model(28, 28, 1)]
[Conv2D(32, 3, Activation = Activation.Relu)]
[MaxPool2D(2)]
[Conv2D(64, 3, Activation = Activation.Relu)]
[MaxPool2D(2)]
[Flatten]
[Dense(128, Activation = Activation.Relu)]
[Dense(10, Activation = Activation.Softmax)]
[Adam, CategoricalCrossentropy, Accuracy]
public partial class KerasMnistNet;

internal static class Program
{
    private static int Main(string[] args) => CommandLine.Run(args, Train);

    private static int Train(Settings settings, CancellationToken ctrlC)
    {
        bool keras = settings.Model == "keras";
        Device device = Device.Parse(settings.Device);
        Console.WriteLine(keras ? KerasMnistNet.Summary : MnistNet.Summary);
        Report.Device(device);
        ImageClassificationData data = settings.Fashion ? FashionMnist.Load(settings.DataFolder) : Mnist.Load(settings.DataFolder);
        Report.Origin(data);

        using Model net = keras ? KerasMnistNet.Create(device, settings.Seed) : MnistNet.Create(device, settings.Seed);
        Dataset train = data.Train.Take(settings.Images), test = data.Test.Take(settings.Images);
        FitOptions options = new() { Epochs = settings.Epochs, BatchSize = settings.BatchSize, Validation = test };
        History history = Progress.Show(progress => net.Fit(train, options, progress, ctrlC));
        if (history.Cancelled) return Report.Stopped(history, settings.Epochs);

        Console.WriteLine($"Test: {net.Evaluate(test, cancellationToken: ctrlC)}");
        Report.Predictions(net, data);
        return 0;
    }
}
