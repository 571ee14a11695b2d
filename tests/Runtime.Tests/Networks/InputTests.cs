namespace Convoke.Runtime.Tests.Networks;

/// <summary>Models of several inputs: what they predict, how they train on spans, batches and data sets, what is refused.</summary>
public class InputTests
{
    private const int Samples = 13, Pixels = 6 * 5, Image = 2 * Pixels, Row = 4;

    private static readonly System.Random Random = new(5);

    private static readonly float[] Left = Values(Samples * Image), Right = Values(Samples * Image), Extra = Values(Samples * Row), Depth = Values(Samples * Pixels);

    private static readonly int[] Kinds = [.. Enumerable.Range(0, Samples).Select(static n => n % 3)];

    private static readonly float[] Sizes = [.. Enumerable.Range(0, Samples).Select(static n => n / 5f)];

    private static float[] Values(int count) => [.. Enumerable.Range(0, count).Select(static _ => Random.NextSingle())];

    private static Dataset Twins() => Dataset.FromFloats("twins", Left, Kinds, 6, 5, 2, 3, Layout.ChannelsFirst)
        .WithInput("right", Dataset.FromFloats("right", Right, 6, 5, 2, Layout.ChannelsFirst)).WithInput("extra", Extra);

    /// <summary>Two inputs that are joined at once are one input of all their channels.</summary>
    [Fact]
    public void Joined_inputs_are_one_input()
    {
        using var joined = JoinedInputs.Create(Device.CpuThreads(2), seed: 3);
        using var one = OneInput.Create(Device.CpuThreads(2), seed: 3);
        float[] all = [.. Enumerable.Range(0, Samples).SelectMany(static n => Left.Skip(n * Image).Take(Image).Concat(Depth.Skip(n * Pixels).Take(Pixels)))];
        for (int step = 0; step < 5; step++)
        {
            double expected = one.TrainStep(all, Kinds).Loss;
            Assert.Equal(expected, joined.TrainStep(Left, Depth, Kinds).Loss, 1e-5 * expected);
        }

        foreach (Parameter parameter in one.Parameters) Near(parameter.ToArray(), joined.Parameters[parameter.Name].ToArray());
        float[] logits = new float[Samples * 3];
        one.Predict(all, logits);
        Near(logits, joined.Predict(Left, Depth));
    }

    [Fact]
    public void Every_way_to_predict_yields_the_same()
    {
        using var net = TwinInputs.Create(Device.CpuThreads(2), seed: 3);
        float[] all = net.Predict(Left, Right, Extra), filled = new float[Samples * 3];
        net.Predict(Left, Right, Extra, filled);
        Assert.Equal(all, filled);
        Assert.All(all.Chunk(3), static row => Assert.Equal(1, row.Sum(), 1e-5));
        int[] classes = new int[Samples];
        net.PredictClasses(Left, Right, Extra, classes);
        Assert.Equal(all.Chunk(3).Select(static row => Array.IndexOf(row, row.Max())), classes);
        Assert.Equal(classes[2], net.PredictClass(Left.AsSpan(2 * Image, Image), Right.AsSpan(2 * Image, Image), Extra.AsSpan(2 * Row, Row)));
        Assert.NotEqual(all, net.Predict(Left, Left, Extra));
        Near(net.Predict(Left, Right, Extra), net.Predict(Right, Left, Extra));
        Assert.Empty(net.Predict([], [], []));
    }

    /// <summary>More samples than go through at a time, each input from its own place.</summary>
    [Fact]
    public void Slices_of_a_large_prediction_read_each_input_at_its_place()
    {
        using var net = TwinInputs.Create(Device.CpuThreads(2), seed: 3);
        float[] few = net.Predict(Left, Right, Extra), all = net.Predict(Many(Left), Many(Right), Many(Extra));
        for (int i = 0; i < all.Length; i++) Assert.Equal(few[i % few.Length], all[i]);

        static float[] Many(float[] values) => [.. Enumerable.Repeat(values, 24).SelectMany(static x => x)];
    }

    /// <summary>A data set's own samples are the first input's; the others go by name, shuffled with them.</summary>
    [Theory, InlineData(false), InlineData(true)]
    public void Fit_takes_the_steps_that_a_loop_over_batches_takes(bool shuffle)
    {
        using var fitted = TwinInputs.Create(Device.CpuThreads(2), seed: 3);
        using var stepped = TwinInputs.Create(Device.CpuThreads(1), seed: 3);
        History history = fitted.Fit(Twins(), new() { Epochs = 1, BatchSize = 5, Shuffle = shuffle });
        double total = 0;
        foreach (Batch batch in Twins().Batches(5, shuffle ? 3UL : null)) total += stepped.TrainStep(batch.Images, batch.Input("right"), batch.Input("extra"), batch.Labels).Loss * batch.Count;
        Assert.Equal(total / Samples, history.Epochs[0].Loss, 1e-9);
        Assert.Equal(stepped.Parameters.Select(static p => p.ToArray()), fitted.Parameters.Select(static p => p.ToArray()));
        Evaluation whole = fitted.Evaluate(Twins()), part = fitted.Evaluate(Twins().Slice(4, 5));
        float[] predicted = fitted.Predict(Left, Right, Extra);
        Assert.Equal(Enumerable.Range(0, Samples).Average(n => -Math.Log(predicted[(n * 3) + Kinds[n]])), whole.Loss, 1e-5);
        Assert.Equal(Enumerable.Range(4, 5).Average(n => -Math.Log(predicted[(n * 3) + Kinds[n]])), part.Loss, 1e-5);
    }

    /// <summary>Bytes and floats, sets in another layout than the model's, and a first input by its name.</summary>
    [Fact]
    public void Inputs_may_be_stored_in_any_way()
    {
        byte[] bytes = [.. Left.Select(static x => (byte)(255 * x))];
        float[] scaled = new float[bytes.Length], turned = new float[Right.Length];
        for (int i = 0; i < bytes.Length; i++) scaled[i] = bytes[i] * (1f / 255f);
        for (int i = 0; i < turned.Length; i++) turned[(i / Image * Image) + (i % Pixels * 2) + (i / Pixels % 2)] = Right[i];
        Dataset other = Dataset.FromBytes("other", new byte[Samples * 3], Kinds, 1, 1, 3, 3).WithInput("left", Dataset.FromBytes("left", bytes, 6, 5, 2, Layout.ChannelsFirst))
            .WithInput("right", Dataset.FromFloats("right", turned, 6, 5, 2)).WithInput("extra", Extra);
        using var one = TwinInputs.Create(Device.CpuThreads(1), seed: 3);
        using var two = TwinInputs.Create(Device.CpuThreads(1), seed: 3);
        one.Fit(other, new() { BatchSize = 4, Shuffle = false });
        for (int first = 0; first < Samples; first += 4)
        {
            int count = Math.Min(4, Samples - first);
            two.TrainStep(scaled.AsSpan(first * Image, count * Image), Right.AsSpan(first * Image, count * Image), Extra.AsSpan(first * Row, count * Row), Kinds.AsSpan(first, count));
        }

        Assert.Equal(two.Parameters.Select(static p => p.ToArray()), one.Parameters.Select(static p => p.ToArray()));
    }

    /// <summary>What stands at a call that knows no gradient of an input: the weights alone have one.</summary>
    [Fact]
    public void Gradients_are_those_of_the_step()
    {
        using var net = RowAndImage.Create(Device.CpuThreads(2), seed: 3);
        StepResult gradients = net.ComputeGradients(Extra, Left, Kinds, Sizes);
        float[] gradient = new float[net.Parameters["hidden.kernel"].Count], before = net.Parameters["hidden.kernel"].ToArray();
        net.Parameters["hidden.kernel"].CopyGradientTo(gradient);
        StepResult step = net.TrainStep(Extra, Left, Kinds, Sizes);
        Assert.Equal(gradients.Losses, step.Losses);
        Near([.. before.Zip(gradient, static (w, g) => w - (0.05f * g))], net.Parameters["hidden.kernel"].ToArray());
        RowAndImage.Outputs outputs = net.Predict(Extra, Left);
        float[] kind = new float[Samples * 3], size = new float[Samples];
        net.Predict(Extra, Left, kind, size);
        Assert.Equal(outputs.Kind, kind);
        Assert.Equal(outputs.Size, size);
        Assert.Equal(step.Loss, step.Losses["Kind"] + (0.5 * step.Losses["Size"]), 1e-9);
    }

    [Fact]
    public void Each_input_is_learned_from()
    {
        using var net = TwinInputs.Create(Device.CpuThreads(2), seed: 3);
        History history = net.Fit(Twins(), new() { Epochs = 120, BatchSize = 5 });
        Assert.True(history.Epochs[^1].Loss < 0.5 * history.Epochs[0].Loss, history.ToString());
        Assert.True(history.Epochs[^1].Accuracy > 0.8);
        float[] learned = net.Predict(Left, Right, Extra);
        Assert.NotEqual(learned, net.Predict(Left, Right, new float[Extra.Length]));
        Assert.NotEqual(learned, net.Predict(new float[Left.Length], Right, Extra));
    }

    [Fact]
    public void Threads_do_not_show()
    {
        float[][] Trained(int threads)
        {
            using var net = TwinInputs.Create(Device.CpuThreads(threads), seed: 3);
            net.Fit(Twins(), new() { Epochs = 2, BatchSize = 9 });
            return [.. net.Parameters.Select(static p => p.ToArray())];
        }

        Assert.Equal(Trained(1), Trained(3));
    }

    /// <summary>A model whose only input is a row has the members that every model has.</summary>
    [Fact]
    public void A_model_of_rows_trains()
    {
        using var net = RowNet.Create(Device.CpuThreads(2), seed: 3);
        History history = net.Fit(Dataset.FromFloats("rows", Extra, Kinds, 1, 1, Row, 3), new() { Epochs = 200, BatchSize = 5 });
        Assert.True(history.Epochs[^1].Loss < 0.6 * history.Epochs[0].Loss, history.ToString());
        Assert.Equal([16, 4], net.Parameters["hidden.weight"].Shape);
        Assert.InRange(net.PredictClass(Extra.AsSpan(0, Row)), 0, 2);
        Refuses<ShapeMismatchException>("RowNet takes 4 = 4 floats a sample, got 5 floats, which is no whole number of samples.", () => net.PredictClass(new float[5]));
    }

    [Fact]
    public void The_table_of_layers_has_a_row_for_each_input()
    {
        string[] lines = [.. TwinInputs.Summary.Split('\n').Where(static line => line.Contains("(input)", StringComparison.Ordinal))];
        Assert.Equal(["left (input)", "right (input)", "extra (input)"], lines.Select(static line => line[..(line.IndexOf(')', StringComparison.Ordinal) + 1)]));
        Assert.Contains("(N, 2, 6, 5)", lines[1], StringComparison.Ordinal);
        Assert.Contains("(N, 4)", lines[2], StringComparison.Ordinal);
        Assert.Contains("(N, 4)", RowNet.Summary.Split('\n').Single(static line => line.StartsWith("input ", StringComparison.Ordinal)), StringComparison.Ordinal);
    }

    [Fact]
    public void Calls_that_know_one_input_say_which_to_use()
    {
        using var net = TwinInputs.Create(Device.CpuThreads(1));
        Model plain = net;
        string Text(string call) => $"TwinInputs has the inputs left and right and extra: call the {call} of TwinInputs that takes them all, {call}(left, right, extra, ...).";
        Refuses<InvalidOperationException>(Text("Predict"), () => plain.Predict(Left, new float[Samples * 3]));
        Refuses<InvalidOperationException>(Text("Predict"), () => plain.Predict(new System.Numerics.Tensors.ReadOnlyTensorSpan<float>(Left, [Samples, Image]), new System.Numerics.Tensors.TensorSpan<float>(new float[Samples * 3], [Samples, 3])));
        Refuses<InvalidOperationException>(Text("PredictClass"), () => plain.PredictClass(Left));
        Refuses<InvalidOperationException>(Text("PredictClasses"), () => plain.PredictClasses(Left, new int[Samples]));
        Refuses<InvalidOperationException>(Text("TrainStep"), () => plain.TrainStep(Left, Kinds));
        Refuses<InvalidOperationException>(Text("TrainStep"), () => plain.TrainStep(Left, Extra));
        Refuses<InvalidOperationException>(Text("ComputeGradients"), () => plain.ComputeGradients(Left, Kinds));
        Assert.Equal(0, net.Step);
    }

    [Fact]
    public void Spans_that_do_not_fit_are_refused_by_the_inputs_name()
    {
        using var net = TwinInputs.Create(Device.CpuThreads(1));
        Refuses<ShapeMismatchException>("TwinInputs.right takes 2x6x5 (channels first) = 60 floats a sample, got 61 floats, which is no whole number of samples.", () => net.Predict(Left, new float[61], Extra));
        Refuses<ShapeMismatchException>("TwinInputs.extra takes 4 = 4 floats a sample, got 3 floats, which is no whole number of samples.", () => net.TrainStep(Left, Right, new float[3], Kinds));
        Refuses<ShapeMismatchException>("TwinInputs: left has 13 samples of 60 floats, but extra has 2 of 4; pass 13 x 4 = 52 floats of extra.", () => net.Predict(Left, Right, new float[8]));
        Refuses<ShapeMismatchException>("TwinInputs: left has 1 samples of 60 floats, but right has 13 of 60; pass 1 x 60 = 60 floats of right.", () => net.PredictClass(new float[60], Right, new float[4]));
        Refuses<ShapeMismatchException>("TwinInputs: 13 samples give 13 x 3 = 39 floats, the destination has room for 7.", () => net.Predict(Left, Right, Extra, new float[7]));
        Refuses<ShapeMismatchException>("TwinInputs: 13 samples need 13 labels, got 12.", () => net.TrainStep(Left, Right, Extra, Kinds.AsSpan(1)));
        Refuses<ShapeMismatchException>("TwinInputs needs at least one sample of 2x6x5 (channels first) and 2x6x5 (channels first) and 4 = 124 floats, got none.", () => net.TrainStep([], [], [], []));
        Assert.Equal(0, net.Step);
    }

    [Fact]
    public void A_set_that_lacks_an_input_is_refused_with_what_to_write()
    {
        using var net = TwinInputs.Create(Device.CpuThreads(1));
        Dataset plain = Dataset.FromFloats("twins", Left, Kinds, 6, 5, 2, 3, Layout.ChannelsFirst);
        Refuses<ShapeMismatchException>(
            "TwinInputs.right takes 2x6x5 (channels first) = 60 values a sample, the data set \"twins\" has no input beside its own samples: write data.WithInput(\"right\", Dataset.FromFloats(\"right\", values, 6, 5, 2, Layout.ChannelsFirst)).",
            () => net.Fit(plain));
        Dataset half = plain.WithInput("right", plain);
        Refuses<ShapeMismatchException>("TwinInputs.extra takes 4 = 4 values a sample, the data set \"twins\" has only right: write data.WithInput(\"extra\", values).", () => net.Evaluate(half));
        Refuses<ShapeMismatchException>(
            "TwinInputs.extra takes samples of height x width x channels = 1x1x4, the data set \"extra\" has 1x1x1.", () => net.Fit(half.WithInput("extra", new float[Samples])));
        Refuses<ShapeMismatchException>(
            "TwinInputs.left takes samples of height x width x channels = 6x5x2, the data set \"other\" has 6x5x1.", () => net.Fit(Twins().WithInput("left", Dataset.FromFloats("other", Depth, 6, 5, 1))));
        Assert.Equal(0, net.Step);
    }

    /// <summary>The input at fault is named, and no weight changes.</summary>
    [Theory, InlineData("left"), InlineData("right"), InlineData("extra")]
    public void Values_that_are_not_finite_are_traced_to_their_input(string input)
    {
        using var net = TwinInputs.Create(Device.CpuThreads(1), seed: 3);
        float[] Bad(string name, float[] good) => name == input ? [.. good.Select((x, i) => i < good.Length / Samples ? float.NaN : x)] : good;
        float[][] before = [.. net.Parameters.Select(static p => p.ToArray())];
        var error = Assert.Throws<NonFiniteLossException>(() => net.TrainStep(Bad("left", Left), Bad("right", Right), Bad("extra", Extra), Kinds));
        Assert.Equal(input, error.LayerName);
        Assert.Contains($"the input {input} holds values that are not finite", error.Message, StringComparison.Ordinal);
        Assert.Equal(before, net.Parameters.Select(static p => p.ToArray()));
    }

    private static void Near(float[] expected, float[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        double scale = Math.Max(expected.Max(Math.Abs), 1e-3);
        for (int i = 0; i < expected.Length; i++) Assert.True(Math.Abs(expected[i] - actual[i]) <= 2e-5 * scale, $"[{i}]: expected {expected[i]}, got {actual[i]}, scale {scale}");
    }

    private static void Refuses<T>(string message, Action call) where T : Exception => Assert.Equal(message, Assert.Throws<T>(call).Message);
}
