namespace Convoke.Runtime.Tests.Networks;

/// <summary>The reference program on the real digits.</summary>
public class RealDataTests
{
    /// <summary>One epoch; ten reach 0.98, which docs/results/accuracy.md records.</summary>
    [DataFact("mnist")]
    public void Program_A_reaches_95_percent_in_one_epoch()
    {
        ImageClassificationData mnist = Mnist.Load(TestData.Folder("mnist"));
        using var net = ProgramA.Create(Device.Best, seed: 42);
        History history = net.Fit(mnist.Train, new() { Epochs = 1, BatchSize = 128, Validation = mnist.Test });
        Evaluation evaluation = net.Evaluate(mnist.Test);
        Assert.InRange(evaluation.Accuracy!.Value, 0.95, 1.0);
        Assert.Equal(evaluation.Accuracy, history.Epochs[0].ValidationAccuracy);
        Assert.Equal(469, history.Steps);

        var probabilities = new float[10];
        var image = new float[784];
        int right = 0;
        for (int i = 0; i < 500; i++)
        {
            mnist.Test.CopyImage(i, image);
            net.Predict(image, probabilities);
            Assert.Equal(1f, probabilities.Sum(), 1e-5f);
            if (net.PredictClass(image) == mnist.Test.Label(i)) right++;
        }

        Assert.InRange(right / 500.0, 0.93, 1.0);
    }

    /// <summary>
    /// Two epochs of program C, dropout on, on a part of CIFAR-10; a linear model trained on the same pictures in the same order knows less, by more than
    /// three standard deviations of what 10,000 test pictures can tell: 3 sqrt(2 0.3 0.7 / 10000) = 2 %.
    /// </summary>
    [DataFact("cifar-10")]
    public void Program_C_with_dropout_beats_a_linear_model_in_two_epochs()
    {
        ImageClassificationData cifar = Cifar10.Load(TestData.Folder("cifar-10"));
        using var net = ProgramCWithDropout.Create(Device.Cpu, seed: 42);
        using var linear = LinearCifar.Create(Device.Cpu, seed: 42);
        double Accuracy(Model model)
        {
            model.Fit(cifar.Train, new() { Epochs = 2, BatchSize = 32 });
            return model.Evaluate(cifar.Test).Accuracy!.Value;
        }

        double own = Accuracy(net), other = Accuracy(linear);
        Assert.True(own > other + 0.02, $"program C gets {own:P1} of the test pictures right, the linear model {other:P1}");
    }
}
