using Convoke.Compiled;

namespace Convoke.Runtime.Tests.Training;

public sealed class FitTests
{
    [Theory]
    [InlineData(LossPlan.SparseCategoricalCrossentropy)]
    [InlineData(LossPlan.CategoricalCrossentropy)]
    public void Fit_learns_a_separable_problem_with_both_kinds_of_loss(LossPlan loss)
    {
        using SoftmaxModel net = SoftmaxModel.Create(threads: 2, loss: loss);
        Dataset data = ToyData.Clusters(203);
        Evaluation before = net.Evaluate(data);
        History history = net.Fit(data, new() { Epochs = 8, BatchSize = 16, Validation = data });

        Assert.Equal(8, history.Epochs.Count);
        Assert.Equal(8 * 13, history.Steps);
        Assert.Equal(history.Steps, net.Step);
        Assert.False(history.Cancelled);
        Assert.True(history.Epochs[^1].Loss < history.Epochs[0].Loss / 2);
        Assert.True(history.Epochs[^1].ValidationAccuracy > 0.95, history.ToString());
        Assert.True(before.Accuracy < 0.7);
        // Validation is Evaluate with its default slices: the same sums, hence the same bits.
        Assert.Equal(net.Evaluate(data).Loss, history.Epochs[^1].ValidationLoss);
    }

    [Fact]
    public void Both_kinds_of_loss_give_the_same_weights_from_the_same_classes()
    {
        Dataset data = ToyData.Clusters(50);
        using SoftmaxModel indices = SoftmaxModel.Create();
        using SoftmaxModel rows = SoftmaxModel.Create(loss: LossPlan.CategoricalCrossentropy);
        indices.Fit(data);
        rows.Fit(data);
        Assert.Equal(indices.Weights(), rows.Weights());
    }

    [Fact]
    public void An_epochs_loss_weighs_the_tail_batch_by_its_samples()
    {
        // A rate of 0 leaves the weights, so every sample's loss is that of Evaluate, and the mean must be too: 50 = 3 * 16 + 2.
        Dataset data = ToyData.Clusters(50);
        using SoftmaxModel net = SoftmaxModel.Create(optimizer: SoftmaxModel.Sgd with { LearningRate = 0 });
        EpochResult epoch = net.Fit(data, new() { BatchSize = 16 }).Epochs[0];
        Evaluation evaluation = net.Evaluate(data);
        Assert.Equal(4, epoch.Steps);
        Assert.Equal(evaluation.Loss, epoch.Loss, 12);   // sums of 50 floats in double, in another order
        Assert.Equal(evaluation.Accuracy, epoch.Accuracy);
    }

    [Fact]
    public void Every_sample_takes_part_once_in_an_epoch()
    {
        // One-pixel images that carry their own number; the rate of 0 keeps the loss a plain function of them.
        float[] images = [.. Enumerable.Range(0, 37).Select(i => i / 37f)];
        Dataset data = Dataset.FromFloats("numbers", images, new int[37], 1, 1, 1, 2);
        using SoftmaxModel net = SoftmaxModel.Create(height: 1, width: 1, channels: 1, classes: 2, optimizer: SoftmaxModel.Sgd with { LearningRate = 0 });
        History shuffled = net.Fit(data, new() { Epochs = 3, BatchSize = 5 });
        double expected = net.Evaluate(data).Loss;
        foreach (EpochResult epoch in shuffled.Epochs) Assert.Equal(expected, epoch.Loss, 12);
    }

    [Fact]
    public void Each_epoch_takes_the_order_of_its_own_key()
    {
        Dataset data = ToyData.Clusters(37);
        using SoftmaxModel fitted = SoftmaxModel.Create(threads: 2, seed: 6), stepped = SoftmaxModel.Create(seed: 6), inOrder = SoftmaxModel.Create(seed: 6);
        fitted.Fit(data, new() { Epochs = 2, BatchSize = 10 });
        inOrder.Fit(data, new() { Epochs = 2, BatchSize = 10, Shuffle = false });
        float[] images = new float[10 * 12];
        for (ulong epoch = 0; epoch < 2; epoch++)
        {
            KeyedPermutation order = new(37, 6, epoch);
            for (int start = 0; start < 37; start += 10)
            {
                int count = Math.Min(10, 37 - start);
                int[] labels = new int[count];
                for (int n = 0; n < count; n++)
                {
                    data.CopyImage(order[start + n], images.AsSpan(n * 12));
                    labels[n] = data.Label(order[start + n]);
                }
                stepped.TrainStep(images.AsSpan(0, count * 12), labels);
            }
        }
        Assert.Equal(stepped.Weights(), fitted.Weights());
        Assert.NotEqual(stepped.Weights(), inOrder.Weights());
    }

    [Fact]
    public void Weights_are_bit_equal_for_1_2_and_3_threads_and_for_two_runs()
    {
        Dataset data = ToyData.Clusters(333);
        float[] reference = Train(1);
        foreach (int threads in (int[])[1, 2, 3, 3]) Assert.Equal(reference, Train(threads));

        float[] Train(int threads)
        {
            using SoftmaxModel net = SoftmaxModel.Create(threads, seed: 9);
            net.Fit(data, new() { Epochs = 3, BatchSize = 70 });
            return net.Weights();
        }
    }

    [Fact]
    public void Two_Fits_of_one_epoch_equal_one_Fit_of_two()
    {
        Dataset data = ToyData.Clusters(90);
        using SoftmaxModel once = SoftmaxModel.Create();
        using SoftmaxModel twice = SoftmaxModel.Create();
        once.Fit(data, new() { Epochs = 2 });
        twice.Fit(data);
        twice.Fit(data);
        Assert.Equal(once.Weights(), twice.Weights());
    }

    [Fact]
    public void Another_seed_gives_other_weights()
    {
        using SoftmaxModel one = SoftmaxModel.Create(seed: 1), two = SoftmaxModel.Create(seed: 2);
        Assert.NotEqual(one.Weights(), two.Weights());
    }

    [Fact]
    public void Fit_on_unshuffled_data_equals_TrainStep_over_Batches()
    {
        Dataset data = ToyData.Clusters(45);
        using SoftmaxModel fitted = SoftmaxModel.Create(threads: 2), stepped = SoftmaxModel.Create();
        fitted.Fit(data, new() { BatchSize = 20, Shuffle = false });
        foreach (Batch batch in data.Batches(20)) stepped.TrainStep(batch.Images, batch.Labels);
        Assert.Equal(fitted.Weights(), stepped.Weights());
    }

    [Fact]
    public void Cancellation_ends_after_the_step_in_flight_and_says_where_it_stands()
    {
        Dataset data = ToyData.Clusters(100);
        using CancellationTokenSource source = new();
        using SoftmaxModel net = SoftmaxModel.Create();
        int tasks = 0;
        net.Program.OnTrainTask = _ => { if (++tasks == 18) source.Cancel(); };   // batches of 10 are 2 tasks: in step 9 of 10
        History history = net.Fit(data, new() { Epochs = 5, BatchSize = 10 }, cancellationToken: source.Token);
        Assert.True(history.Cancelled);
        Assert.Empty(history.Epochs);
        Assert.Equal(9, history.Steps);
        Assert.Equal(9, net.Step);
        Assert.Equal(9, history.Partial!.Steps);
        Assert.StartsWith("cancelled after 0 epochs, 9 steps in ", history.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Cancelling_at_an_epochs_end_keeps_the_epoch()
    {
        Dataset data = ToyData.Clusters(40);
        using CancellationTokenSource source = new();
        using SoftmaxModel net = SoftmaxModel.Create();
        Reports progress = new(report => { if (report.Completed is not null) source.Cancel(); });
        History history = net.Fit(data, new() { Epochs = 3 }, progress, source.Token);
        Assert.True(history.Cancelled);
        Assert.Single(history.Epochs);
        Assert.Null(history.Partial);
        Assert.True(net.Fit(data, cancellationToken: source.Token) is { Cancelled: true, Steps: 0 });
        Assert.Throws<OperationCanceledException>(() => net.Evaluate(data, cancellationToken: source.Token));
    }

    [Fact]
    public void Progress_is_throttled_but_never_misses_an_epochs_end()
    {
        Dataset data = ToyData.Clusters(2000);
        using SoftmaxModel net = SoftmaxModel.Create();
        List<FitProgress> heard = [];
        History history = net.Fit(data, new() { Epochs = 3, BatchSize = 1, Validation = data.Take(10) }, new Reports(heard.Add));
        FitProgress[] completed = [.. heard.Where(report => report.Completed is not null)];
        Assert.Equal([1, 2, 3], completed.Select(report => report.Epoch));
        Assert.All(completed, report => Assert.True(report is { Step: 2000, Steps: 2000, SamplesDone: 2000, Epochs: 3 }));
        Assert.Equal(history.Epochs, completed.Select(report => report.Completed!));
        Assert.NotNull(history.Epochs[0].ValidationLoss);
        Assert.True(heard.Count - 3 <= history.Duration.TotalSeconds * 16, $"{heard.Count} reports in {history.Duration}");
    }

    [Fact]
    public void A_synchronous_report_may_use_the_model_and_training_goes_on_unchanged()
    {
        Dataset data = ToyData.Clusters(60);
        using SoftmaxModel plain = SoftmaxModel.Create(), asked = SoftmaxModel.Create();
        plain.Fit(data, new() { Epochs = 2 });
        List<double> losses = [];
        History history = asked.Fit(data, new() { Epochs = 2, Validation = data }, new Reports(_ => losses.Add(asked.Evaluate(data).Loss)));
        Assert.Equal(plain.Weights(), asked.Weights());
        Assert.Equal(history.Epochs.Select(epoch => epoch.ValidationLoss!.Value), losses);
    }

    [Fact]
    public void Results_read_as_one_line_in_every_culture()
    {
        Assert.Equal("epoch 3: loss 0.1042, accuracy 96.91 %, validation loss 0.0911, validation accuracy 97.20 % (469 steps, 0.84 s)", new EpochResult(3, 0.1042, 0.9691, 0.0911, 0.972, TimeSpan.FromSeconds(0.84), 469).ToString());
        Assert.Equal("epoch 1: loss 2.5000 (7 steps, 1.00 s)", new EpochResult(1, 2.5, null, null, null, TimeSpan.FromSeconds(1), 7).ToString());
        Assert.Equal("loss 0.0412, accuracy 98.63 % over 10000 samples", new Evaluation(0.0412, 0.9863, 10000).ToString());
        Assert.Equal("loss 0.0412 over 128 samples", new StepResult(0.0412, null, 128).ToString());
    }

    /// <summary>Reports on the calling thread, unlike <see cref="Progress{T}"/>.</summary>
    private sealed class Reports(Action<FitProgress> hear) : IProgress<FitProgress>
    {
        public void Report(FitProgress value) => hear(value);
    }
}
