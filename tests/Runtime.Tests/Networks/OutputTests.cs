namespace Convoke.Runtime.Tests.Networks;

/// <summary>Models of several outputs, and of values: what they predict, what a step measures, what a data set has for them, what is refused.</summary>
public class OutputTests
{
    private const int Samples = 13, Image = 6 * 5 * 2, Pixels = 6 * 5;

    private static readonly System.Random Random = new(5);

    private static readonly float[] Images = [.. Enumerable.Range(0, Samples * Image).Select(static _ => Random.NextSingle())];

    private static readonly int[] Kinds = [.. Enumerable.Range(0, Samples).Select(static n => n % 3)], Masks = [.. Enumerable.Range(0, Samples * Pixels).Select(static i => (int)(4 * Images[(i / Pixels * Image) + (i % Pixels)]))];

    private static readonly float[] Rows = [.. Kinds.SelectMany(static kind => Enumerable.Range(0, 3).Select(k => k == kind ? 1f : 0f))], Sizes = [.. Enumerable.Range(0, Samples).Select(static n => n / 5f)];

    private static Dataset Set() => Dataset.FromFloats("shapes", Images, Kinds, 6, 5, 2, 3, Layout.ChannelsFirst).WithLabels("Mask", Masks, 4).WithTargets("Size", Sizes);

    [Fact]
    public void Both_ways_to_predict_yield_the_same()
    {
        using var net = ThreeHeads.Create(Device.CpuThreads(2), seed: 3);
        ThreeHeads.Outputs all = net.Predict(Images);
        float[] kind = new float[Samples * 3], mask = new float[Samples * 4 * Pixels], size = new float[Samples];
        net.Predict(Images, kind, mask, size);
        Assert.Equal(all.Kind, kind);
        Assert.Equal(all.Mask, mask);
        Assert.Equal(all.Size, size);
        Assert.All(kind.Chunk(3), static row => Assert.Equal(1, row.Sum(), 1e-5));

        int[] classes = new int[Samples];
        net.PredictClasses(Images, classes);
        Assert.Equal(kind.Chunk(3).Select(static row => Array.IndexOf(row, row.Max())), classes);
        Assert.Equal(classes[0], net.PredictClass(Images.AsSpan(0, Image)));
        Assert.Empty(net.Predict([]).Mask);
    }

    /// <summary>More samples than go through at a time, each output at its own place.</summary>
    [Fact]
    public void Slices_of_a_large_prediction_are_placed_one_behind_the_other()
    {
        using var net = ThreeHeads.Create(Device.CpuThreads(2), seed: 3);
        float[] many = [.. Enumerable.Repeat(Images, 24).SelectMany(static x => x)];
        ThreeHeads.Outputs few = net.Predict(Images), all = net.Predict(many);
        for (int i = 0; i < all.Size.Length; i++) Assert.Equal(few.Size[i % Samples], all.Size[i]);
        for (int i = 0; i < all.Mask.Length; i++) Assert.Equal(few.Mask[i % few.Mask.Length], all.Mask[i]);
    }

    /// <summary>The losses by their definitions, from the predictions; the total is their weighted sum.</summary>
    [Fact]
    public void A_step_measures_each_loss_and_the_total()
    {
        using var net = ThreeHeads.Create(Device.CpuThreads(2), seed: 3);
        ThreeHeads.Outputs before = net.Predict(Images);
        StepResult step = net.TrainStep(Images, Rows, Masks, Sizes);
        double kind = Enumerable.Range(0, Samples).Average(n => -Math.Log(before.Kind[(n * 3) + Kinds[n]]));
        double mask = Enumerable.Range(0, Samples * Pixels).Average(i =>
        {
            double[] logits = [.. Enumerable.Range(0, 4).Select(k => (double)before.Mask[(i / Pixels * 4 * Pixels) + (k * Pixels) + (i % Pixels)])];
            return Math.Log(logits.Sum(Math.Exp)) - logits[Masks[i]];
        });
        double size = before.Size.Zip(Sizes, static (y, t) => (double)(y - t) * (y - t)).Average();
        Assert.Equal(["Kind", "Mask", "Size"], step.Losses.Names);
        Assert.Equal(kind, step.Losses["Kind"], 1e-5);
        Assert.Equal(mask, step.Losses[1], 1e-5);
        Assert.Equal(size, step.Losses["Size"], 1e-5);
        Assert.Equal(kind + (0.5 * mask) + (4 * size), step.Loss, 1e-5);
        Assert.Equal(before.Kind.Chunk(3).Select(static (row, n) => Array.IndexOf(row, row.Max()) == Kinds[n] ? 1.0 : 0).Average(), step.Accuracy!.Value, 1e-9);
        Assert.Contains("\"Sizes\"", Assert.Throws<KeyNotFoundException>(() => step.Losses["Sizes"]).Message, StringComparison.Ordinal);
    }

    /// <summary>A data set's labels are the first cross-entropy's; what else there is goes by name, shuffled with the images.</summary>
    [Theory, InlineData(false), InlineData(true)]
    public void Fit_takes_the_steps_that_a_loop_over_batches_takes(bool shuffle)
    {
        using var fitted = ThreeHeads.Create(Device.CpuThreads(2), seed: 3);
        using var stepped = ThreeHeads.Create(Device.CpuThreads(1), seed: 3);
        History history = fitted.Fit(Set(), new() { Epochs = 1, BatchSize = 5, Shuffle = shuffle });
        if (shuffle) Assert.NotEqual(Sizes, Set().Batches(Samples, 3).Single().Targets("Size").ToArray());
        double total = 0;
        foreach (Batch batch in Set().Batches(5, shuffle ? 3UL : null))
        {
            float[] rows = [.. batch.Labels.ToArray().SelectMany(static kind => Enumerable.Range(0, 3).Select(k => k == kind ? 1f : 0f))];
            total += stepped.TrainStep(batch.Images, rows, batch.LabelsOf("Mask"), batch.Targets("Size")).Loss * batch.Count;
        }

        Assert.Equal(total / Samples, history.Epochs[0].Loss, 1e-9);
        Assert.Equal(stepped.Parameters.Select(static p => p.ToArray()), fitted.Parameters.Select(static p => p.ToArray()));
        Evaluation whole = fitted.Evaluate(Set()), part = fitted.Evaluate(Set().Slice(4, 5));
        Assert.Equal(whole.Losses["Kind"] + (0.5 * whole.Losses["Mask"]) + (4 * whole.Losses["Size"]), whole.Loss, 1e-9);
        Assert.NotEqual(whole.Losses["Size"], part.Losses["Size"]);
    }

    [Fact]
    public void Every_output_is_learned()
    {
        using var net = ThreeHeads.Create(Device.CpuThreads(2), seed: 3);
        History history = net.Fit(Set(), new() { Epochs = 60, BatchSize = 5 });
        OutputLosses first = history.Epochs[0].Losses, last = history.Epochs[^1].Losses;
        for (int i = 0; i < first.Count; i++) Assert.True(last[i] < 0.97 * first[i], $"{first.Names[i]}: {first[i]} before, {last[i]} after");
    }

    /// <summary>What the losses of other heads send back adds up; of the only head that is left it is all there is.</summary>
    [Fact]
    public void Gradients_of_heads_add_up()
    {
        using var three = ThreeHeads.Create(Device.CpuThreads(1), seed: 3);
        using var size = SizeOnly.Create(Device.CpuThreads(1), seed: 3);
        foreach (Parameter parameter in size.Parameters) parameter.CopyFrom(three.Parameters[parameter.Name].ToArray());
        three.ComputeGradients(Images, Rows, Masks, Sizes);
        Assert.Equal(size.ComputeGradients(Images, Sizes).Losses["Output"], three.Predict(Images).Size.Zip(Sizes, static (y, t) => (double)(y - t) * (y - t)).Average(), 1e-5);
        Assert.Equal(Gradient(size, "size_of.weight"), Gradient(three, "size_of.weight"));
        Assert.NotEqual(Gradient(size, "trunk.weight"), Gradient(three, "trunk.weight"));
    }

    /// <summary>An output without a loss is predicted with the weights that it was given; its layers are not trained and have no gradient.</summary>
    [Fact]
    public void An_output_without_a_loss_is_only_predicted()
    {
        using var net = HalfJudged.Create(Device.CpuThreads(2), seed: 3);
        string[] untrained = ["extra.kernel", "extra.bias", "extra_norm.gamma", "extra_norm.beta", "extra_norm.moving_mean", "extra_norm.moving_variance"];
        float[][] before = [.. untrained.Select(name => net.Parameters[name].ToArray())], trunk = [net.Parameters["trunk.kernel"].ToArray()];
        HalfJudged.Outputs start = net.Predict(Images);
        double first = net.TrainStep(Images, Kinds).Loss;
        for (int i = 0; i < 30; i++) net.TrainStep(Images, Kinds);
        Assert.True(net.ComputeGradients(Images, Kinds).Loss < 0.8 * first);
        Assert.Equal(before, untrained.Select(name => net.Parameters[name].ToArray()));
        Assert.NotEqual(trunk[0], net.Parameters["trunk.kernel"].ToArray());
        Assert.NotEqual(start.Extra, net.Predict(Images).Extra);
        Assert.Equal(untrained.Length + 2, net.Parameters.Count(static p => !p.IsTrained));
        Assert.Contains("no loss depends on it", Assert.Throws<InvalidOperationException>(() => Gradient(net, "extra.kernel")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_image_of_values_is_learned_in_the_models_layout()
    {
        using var net = ImageToImage.Create(Device.CpuThreads(2), seed: 3);
        Dataset data = Dataset.FromFloats("copies", Images, 6, 5, 2, Layout.ChannelsFirst).WithTargets(Images);
        History history = net.Fit(data, new() { Epochs = 200, BatchSize = 5 });
        Assert.True(history.Epochs[^1].Loss < history.Epochs[0].Loss / 10, history.ToString());
        Assert.Null(history.Epochs[0].Accuracy);
        float[] output = new float[Images.Length];
        net.Predict(Images, output);
        double loss = output.Zip(Images, static (y, t) => Math.Abs(y - t) < 0.1f ? (y - t) * (y - t) / 0.2 : Math.Abs(y - t) - 0.05).Average();
        Assert.Equal(net.Evaluate(data).Loss, loss, 1e-6);
        Assert.Contains("none has a cross-entropy", Assert.Throws<InvalidOperationException>(() => net.PredictClass(Images.AsSpan(0, Image))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Threads_do_not_show()
    {
        float[][] Trained(int threads)
        {
            using var net = ThreeHeads.Create(Device.CpuThreads(threads), seed: 3);
            net.Fit(Set(), new() { Epochs = 2, BatchSize = 9 });
            return [.. net.Parameters.Select(static p => p.ToArray())];
        }

        Assert.Equal(Trained(1), Trained(3));
    }

    [Fact]
    public void Calls_that_know_one_output_or_one_loss_say_which_to_use()
    {
        using var net = ThreeHeads.Create(Device.CpuThreads(1));
        Refuses<InvalidOperationException>("ThreeHeads has the outputs Kind and Mask and Size: call Predict(images), which returns them all, or Predict(images, kind, mask, size).", () => net.Predict(Images, new float[Samples]));
        Refuses<InvalidOperationException>("ThreeHeads has losses on Kind and Mask and Size: call TrainStep(images, kind, mask, size).", () => net.TrainStep(Images, Kinds));
        Refuses<InvalidOperationException>("ThreeHeads has losses on Kind and Mask and Size: call ComputeGradients(images, kind, mask, size).", () => net.ComputeGradients(Images, Rows));
    }

    [Fact]
    public void Spans_of_another_length_are_refused_by_the_outputs_name()
    {
        using var net = ThreeHeads.Create(Device.CpuThreads(1));
        Refuses<ShapeMismatchException>("ThreeHeads: 13 samples give 13 x 120 = 1560 floats of Mask, the destination has room for 7.", () => net.Predict(Images, new float[39], new float[7], new float[13]));
        Refuses<ShapeMismatchException>("ThreeHeads.Size: 13 samples need target values of 13 x 1 = 13 floats, got 12.", () => net.TrainStep(Images, Rows, Masks, new float[12]));
        Refuses<ShapeMismatchException>("ThreeHeads.Mask: 13 samples of 30 pixels need 13 x 30 = 390 labels, got 13.", () => net.TrainStep(Images, Rows, Kinds, Sizes));
        Refuses<LabelException>("ThreeHeads.Mask: the label of pixel 1 of sample 0 is 4, but with 4 classes labels lie in 0..3.", () => net.TrainStep(Images, Rows, [.. Masks.Select(static (m, i) => i == 1 ? 4 : m)], Sizes));
        Refuses<LabelException>("ThreeHeads.Size: targets must be finite, but value 0 of sample 2 is NaN.", () => net.TrainStep(Images, Rows, Masks, [.. Sizes.Select(static (s, i) => i == 2 ? float.NaN : s)]));
        using var image = ImageToImage.Create(Device.CpuThreads(1));
        Refuses<LabelException>("ImageToImage: the loss SmoothL1 takes values f32[N, 60], got class indices; pass floats.", () => image.TrainStep(Images, Kinds));
        Assert.Equal(0, net.Step);
    }

    [Fact]
    public void A_set_that_lacks_a_target_is_refused_with_what_to_write()
    {
        using var net = ThreeHeads.Create(Device.CpuThreads(1));
        Dataset plain = Dataset.FromFloats("shapes", Images, Kinds, 6, 5, 2, 3, Layout.ChannelsFirst), masked = plain.WithLabels("Mask", Masks, 4), bare = Dataset.FromFloats("shapes", Images, 6, 5, 2, Layout.ChannelsFirst);
        Refuses<LabelException>("ThreeHeads.Mask needs labels for the loss CrossEntropy, the data set \"shapes\" has none for it: write data.WithLabels(\"Mask\", labels, 4).", () => net.Fit(plain));
        Refuses<LabelException>("ThreeHeads.Size needs targets for the loss MeanSquaredError, the data set \"shapes\" has only Mask: write data.WithTargets(\"Size\", values) with 1 floats a sample.", () => net.Fit(masked));
        Refuses<ShapeMismatchException>("ThreeHeads.Size takes 1 values a sample, the data set \"shapes\" has 60 of that name.", () => net.Evaluate(masked.WithTargets("Size", Images)));
        Refuses<LabelException>("ThreeHeads.Mask tells 4 classes apart, the data set \"shapes\" has 3; the last layer's size and the data must agree.", () => net.Fit(plain.WithLabels("Mask", Masks.Select(static m => m % 3).ToArray(), 3)));
        Refuses<LabelException>("ThreeHeads.Kind needs labels for the loss CategoricalCrossentropy, the data set \"shapes\" has none for it: write data.WithLabels(\"Kind\", labels, 3).", () => net.Fit(bare));
        using var image = ImageToImage.Create(Device.CpuThreads(1));
        Refuses<LabelException>("ImageToImage needs targets for the loss SmoothL1, the data set \"shapes\" has none: write data.WithTargets(values) with 60 floats a sample.", () => image.Fit(bare));
    }

    private static float[] Gradient(Model net, string name)
    {
        float[] gradient = new float[net.Parameters[name].Count];
        net.Parameters[name].CopyGradientTo(gradient);
        return gradient;
    }

    private static void Refuses<T>(string message, Action call) where T : Exception => Assert.Equal(message, Assert.Throws<T>(call).Message);
}
