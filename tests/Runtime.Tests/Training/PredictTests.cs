using System.Numerics.Tensors;

namespace Convoke.Runtime.Tests.Training;

public sealed class PredictTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(3, 9)]
    [InlineData(2, 600)]
    public void Slices_give_what_samples_one_by_one_give(int threads, int count)
    {
        using SoftmaxModel net = SoftmaxModel.Create(threads);
        Dataset data = ToyData.Clusters(count);
        float[] images = ToyData.Images(data), all = new float[count * 3], one = new float[3];
        int[] classes = new int[count];
        net.Predict(images, all);
        net.PredictClasses(images, classes);
        for (int n = 0; n < count; n++)
        {
            ReadOnlySpan<float> image = images.AsSpan(n * 12, 12);
            net.Predict(image, one);
            Assert.Equal(all[(n * 3)..((n + 1) * 3)], one);
            Assert.Equal(classes[n], net.PredictClass(image));
            Assert.Equal(one.Max(), one[classes[n]]);
            Assert.Equal(1f, one.Sum(), 1e-6f);
        }
    }

    [Fact]
    public void Evaluate_counts_what_PredictClasses_says_for_any_slice()
    {
        using SoftmaxModel net = SoftmaxModel.Create(threads: 2);
        Dataset data = ToyData.Clusters(301);
        net.Fit(data.Take(30));
        int[] classes = new int[301];
        net.PredictClasses(ToyData.Images(data), classes);
        double expected = classes.Zip(ToyData.Labels(data)).Count(pair => pair.First == pair.Second) / 301.0;
        Evaluation reference = net.Evaluate(data);
        foreach (int batchSize in (int[])[1, 7, 300, 1000])
        {
            Evaluation evaluation = net.Evaluate(data, batchSize);
            Assert.Equal(expected, evaluation.Accuracy);
            Assert.Equal(301, evaluation.Count);
            Assert.Equal(reference.Loss, evaluation.Loss, 1e-12);   // 301 doubles near 1, summed in other groups
        }
    }

    [Fact]
    public void The_lower_of_equal_classes_wins()
    {
        using SoftmaxModel net = SoftmaxModel.Create();
        net.Parameters[0].CopyFrom(new float[36]);
        net.Parameters[1].CopyFrom([0, 1, 1]);
        Assert.Equal(1, net.PredictClass(new float[12]));
    }

    [Fact]
    public void Tensors_give_what_spans_give_dense_or_not()
    {
        using SoftmaxModel net = SoftmaxModel.Create();
        float[] images = ToyData.Images(ToyData.Clusters(5)), expected = new float[15];
        net.Predict(images, expected);

        float[] flat = new float[15], shaped = new float[15];
        net.Predict(new ReadOnlyTensorSpan<float>(images, [5, 12]), new TensorSpan<float>(flat, [5, 3]));
        net.Predict(new ReadOnlyTensorSpan<float>(images, [5, 3, 2, 2]), new TensorSpan<float>(shaped, [5, 3]));
        Assert.Equal(expected, flat);
        Assert.Equal(expected, shaped);

        // Every second row of ten, on both sides.
        float[] spread = new float[10 * 12], sparse = new float[10 * 3];
        for (int n = 0; n < 5; n++) images.AsSpan(n * 12, 12).CopyTo(spread.AsSpan(n * 24));
        net.Predict(new ReadOnlyTensorSpan<float>(spread, [5, 12], [24, 1]), new TensorSpan<float>(sparse, [5, 3], [6, 1]));
        for (int n = 0; n < 5; n++) Assert.Equal(expected[(n * 3)..((n + 1) * 3)], sparse[(n * 6)..((n * 6) + 3)]);
        Assert.Equal(new float[3], sparse[3..6]);
    }

    [Fact]
    public void No_samples_give_no_output_and_no_error()
    {
        using SoftmaxModel net = SoftmaxModel.Create();
        net.Predict(ReadOnlySpan<float>.Empty, []);
        net.PredictClasses([], []);
        net.Predict(new ReadOnlyTensorSpan<float>(Array.Empty<float>(), [0, 12]), new TensorSpan<float>(Array.Empty<float>(), [0, 3]));
    }

    [Fact]
    public void Prediction_between_training_steps_uses_the_newest_weights()
    {
        using SoftmaxModel net = SoftmaxModel.Create();
        Dataset data = ToyData.Clusters(20);
        float[] before = new float[3], trained = new float[3], zeroed = new float[3];
        net.Predict(ToyData.Images(data.Take(1)), before);
        net.Fit(data);
        net.Predict(ToyData.Images(data.Take(1)), trained);
        Assert.NotEqual(before, trained);
        foreach (Parameter parameter in net.Parameters) parameter.CopyFrom(new float[parameter.Count]);
        int derived = net.Program.DeriveCalls;
        net.Predict(ToyData.Images(data.Take(1)), zeroed);
        net.Predict(ToyData.Images(data.Take(1)), zeroed);
        Assert.Equal([1f / 3, 1f / 3, 1f / 3], zeroed);
        Assert.Equal(derived + 1, net.Program.DeriveCalls);   // two parameters were set and two predictions made: one Derive
    }
}
