using System.Numerics.Tensors;
using Convoke.Compiled;

namespace Convoke.Runtime.Tests.Training;

/// <summary>Every refusal of input, by its text: both sides, and what to write instead.</summary>
public sealed class InputErrorTests : IDisposable
{
    private readonly SoftmaxModel _net = SoftmaxModel.Create();
    private readonly SoftmaxModel _rows = SoftmaxModel.Create(loss: LossPlan.CategoricalCrossentropy);
    private readonly float[] _image = new float[12];

    public void Dispose()
    {
        _net.Dispose();
        _rows.Dispose();
    }

    [Fact]
    public void A_length_that_is_no_whole_number_of_samples()
    {
        const string Message = "ToyNet takes 3x2x2 = 12 floats a sample, got 13 floats, which is no whole number of samples.";
        float[] wrong = new float[13];
        Refuses<ShapeMismatchException>(Message, () => _net.Predict(wrong, new float[3]));
        Refuses<ShapeMismatchException>(Message, () => _net.PredictClasses(wrong, new int[1]));
        Refuses<ShapeMismatchException>(Message, () => _net.TrainStep(wrong, new int[1]));
        using SoftmaxModel first = SoftmaxModel.Create(layout: Layout.ChannelsFirst);
        Refuses<ShapeMismatchException>("ToyNet takes 2x3x2 (channels first) = 12 floats a sample, got 13 floats, which is no whole number of samples.", () => first.Predict(wrong, new float[3]));
    }

    [Fact]
    public void A_destination_of_another_size()
    {
        Refuses<ShapeMismatchException>("ToyNet: 2 samples give 2 x 3 = 6 floats, the destination has room for 7.", () => _net.Predict(new float[24], new float[7]));
        Refuses<ShapeMismatchException>("ToyNet: 0 samples give 0 x 3 = 0 floats, the destination has room for 3.", () => _net.Predict([], new float[3]));
        Refuses<ShapeMismatchException>("ToyNet: 2 samples give 2 x 1 = 2 classes, the destination has room for 1.", () => _net.PredictClass(new float[24]));
    }

    [Fact]
    public void Tensors_of_another_shape()
    {
        Refuses<ShapeMismatchException>("ToyNet takes images [N, 3, 2, 2] or [N, 12], got [1, 2, 3, 2].", () => _net.Predict(new ReadOnlyTensorSpan<float>(_image, [1, 2, 3, 2]), new TensorSpan<float>(new float[3], [1, 3])));
        Refuses<ShapeMismatchException>("ToyNet takes images [N, 3, 2, 2] or [N, 12], got [12].", () => _net.Predict(new ReadOnlyTensorSpan<float>(_image, [12]), new TensorSpan<float>(new float[3], [1, 3])));
        Refuses<ShapeMismatchException>("ToyNet: 1 samples give probabilities [1, 3], the destination is [3, 1].", () => _net.Predict(new ReadOnlyTensorSpan<float>(_image, [1, 12]), new TensorSpan<float>(new float[3], [3, 1])));
    }

    [Fact]
    public void No_samples_to_learn_from_or_to_measure()
    {
        Refuses<ShapeMismatchException>("ToyNet needs at least one sample of 3x2x2 = 12 floats, got none.", () => _net.TrainStep([], ReadOnlySpan<int>.Empty));
        Refuses<ShapeMismatchException>("ToyNet needs at least one sample of 3x2x2 = 12 floats, got none.", () => _rows.ComputeGradients([], ReadOnlySpan<float>.Empty));
        Dataset empty = ToyData.Clusters(3).Take(0);
        Refuses<ShapeMismatchException>("ToyNet needs at least one sample, the data set \"toy\" has none.", () => _net.Fit(empty));
        Refuses<ShapeMismatchException>("ToyNet needs at least one sample, the data set \"toy\" has none.", () => _net.Evaluate(empty));
        Refuses<ShapeMismatchException>("ToyNet needs at least one sample, the data set \"toy\" has none.", () => _net.Fit(ToyData.Clusters(3), new() { Validation = empty }));
        Assert.Equal(0, _net.Step);
    }

    [Fact]
    public void Labels_of_the_wrong_kind()
    {
        Refuses<LabelException>("ToyNet: the loss CategoricalCrossentropy takes target rows f32[N, 3], got class indices; pass one-hot rows, or write [SparseCategoricalCrossentropy] on the class.", () => _rows.TrainStep(_image, (int[])[1]));
        Refuses<LabelException>("ToyNet: the loss SparseCategoricalCrossentropy takes class indices i32[N], got floats; pass indices, or write [CategoricalCrossentropy] behind a softmax on the class.", () => _net.TrainStep(_image, new float[3]));
        Refuses<LabelException>("ToyNet: the loss SparseCategoricalCrossentropy takes class indices i32[N], got floats; pass indices, or write [CategoricalCrossentropy] behind a softmax on the class.", () => _net.ComputeGradients(_image, new float[3]));
    }

    [Fact]
    public void Labels_of_the_wrong_count_or_range()
    {
        Refuses<ShapeMismatchException>("ToyNet: 1 samples need 1 labels, got 2.", () => _net.TrainStep(_image, (int[])[1, 1]));
        Refuses<LabelException>("ToyNet: the label of sample 1 is 3, but with 3 classes labels lie in 0..2.", () => _net.TrainStep(new float[24], (int[])[2, 3]));
        Refuses<LabelException>("ToyNet: the label of sample 0 is -1, but with 3 classes labels lie in 0..2.", () => _net.TrainStep(_image, (int[])[-1]));
        Refuses<ShapeMismatchException>("ToyNet: 1 samples need target rows of 1 x 3 = 3 floats, got 1.", () => _rows.TrainStep(_image, (float[])[1]));
        Refuses<LabelException>("ToyNet: targets must be finite, but class 2 of sample 1 is NaN.", () => _rows.TrainStep(new float[24], (float[])[1, 0, 0, 0, 0, float.NaN]));
    }

    [Fact]
    public void Data_sets_that_disagree_with_the_model()
    {
        Dataset size = ToyData.Clusters(3, height: 2, width: 3), classes = ToyData.Clusters(3, classes: 4), good = ToyData.Clusters(3);
        const string Size = "ToyNet takes samples of height x width x channels = 3x2x2, the data set \"toy\" has 2x3x2.";
        Refuses<ShapeMismatchException>(Size, () => _net.Fit(size));
        Refuses<ShapeMismatchException>(Size, () => _net.Evaluate(size));
        Refuses<ShapeMismatchException>(Size, () => _net.Fit(good, new() { Validation = size }));
        Refuses<LabelException>("ToyNet tells 3 classes apart, the data set \"toy\" has 4; the last layer's size and the data must agree.", () => _net.Fit(classes));
        Assert.Equal(0, _net.Step);
    }

    [Fact]
    public void Training_a_model_that_only_predicts()
    {
        using SoftmaxModel predicts = SoftmaxModel.Create(loss: null, trains: false);
        using SoftmaxModel measures = SoftmaxModel.Create(trains: false);
        const string NoLoss = "ToyNet has no loss and only predicts: add a loss and an optimizer to the class, for example [Adam, SparseCategoricalCrossentropy].";
        const string NoOptimizer = "ToyNet has no optimizer and cannot train: add one to the class, for example [Adam] or [Sgd(0.01)].";
        Dataset data = ToyData.Clusters(3);
        Refuses<InvalidOperationException>(NoLoss, () => predicts.Fit(data));
        Refuses<InvalidOperationException>(NoLoss, () => predicts.Evaluate(data));
        Refuses<InvalidOperationException>(NoLoss, () => predicts.TrainStep(_image, (int[])[1]));
        Refuses<InvalidOperationException>(NoLoss, () => predicts.ComputeGradients(_image, new float[3]));
        Refuses<InvalidOperationException>(NoOptimizer, () => measures.Fit(data));
        Refuses<InvalidOperationException>(NoOptimizer, () => measures.TrainStep(_image, (int[])[1]));
        measures.Evaluate(data);
        measures.ComputeGradients(_image, (int[])[1]);
        predicts.PredictClass(_image);
    }

    [Fact]
    public void Options_out_of_range()
    {
        Dataset data = ToyData.Clusters(3);
        Assert.Contains("Epochs must be at least 1.", Assert.Throws<ArgumentOutOfRangeException>(() => _net.Fit(data, new() { Epochs = 0 })).Message, StringComparison.Ordinal);
        Assert.Contains("BatchSize must be at least 1.", Assert.Throws<ArgumentOutOfRangeException>(() => _net.Fit(data, new() { BatchSize = -3 })).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => _net.Evaluate(data, 0));
        Assert.Throws<ArgumentNullException>(() => _net.Fit(null!));
    }

    private static void Refuses<T>(string message, Action call) where T : Exception => Assert.Equal(message, Assert.Throws<T>(call).Message);
}
