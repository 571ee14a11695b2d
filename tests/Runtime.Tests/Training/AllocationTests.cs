using Convoke.Compiled;

namespace Convoke.Runtime.Tests.Training;

/// <summary>Managed bytes of warm calls: none.</summary>
[Collection(QuietTests.Name)]
public sealed class AllocationTests
{
    [Theory]
    [InlineData(1, Layout.ChannelsLast, LossPlan.SparseCategoricalCrossentropy)]
    [InlineData(3, Layout.ChannelsFirst, LossPlan.CategoricalCrossentropy)]
    public void Warm_steps_and_predictions_allocate_nothing(int threads, Layout layout, LossPlan loss)
    {
        using SoftmaxModel net = SoftmaxModel.Create(threads, layout: layout, loss: loss);
        Dataset data = ToyData.Clusters(96, layout: layout);
        float[] images = ToyData.Images(data), rows = ToyData.OneHot(ToyData.Labels(data), 3), probabilities = new float[96 * 3];
        int[] labels = ToyData.Labels(data), classes = new int[96];
        bool takesRows = loss == LossPlan.CategoricalCrossentropy;
        AllocatedBytes.AssertNone(() =>
        {
            if (takesRows) net.TrainStep(images, rows);
            else net.TrainStep(images, labels);
        });
        AllocatedBytes.AssertNone(() =>
        {
            if (takesRows) net.ComputeGradients(images, rows);
            else net.ComputeGradients(images, labels);
        });
        AllocatedBytes.AssertNone(() => net.Predict(images, probabilities));
        AllocatedBytes.AssertNone(() => net.PredictClasses(images, classes));
        AllocatedBytes.AssertNone(() => net.PredictClass(images.AsSpan(0, 12)));
    }

    [Fact]
    public void A_Fit_allocates_by_the_epoch_and_not_by_the_step()
    {
        using SoftmaxModel net = SoftmaxModel.Create(threads: 2);
        Dataset small = ToyData.Clusters(64), large = ToyData.Clusters(6400);
        net.Fit(large);
        long few = AllocatedBytes.Least(() => net.Fit(small));
        long many = AllocatedBytes.Least(() => net.Fit(large));
        Assert.Equal(few, many);
    }
}
