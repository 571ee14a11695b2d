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
}
