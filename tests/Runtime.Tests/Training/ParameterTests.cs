using Convoke.Compiled;

namespace Convoke.Runtime.Tests.Training;

public sealed class ParameterTests
{
    [Fact]
    public void Parameters_have_names_shapes_and_counts()
    {
        using SoftmaxModel net = SoftmaxModel.Create();
        Assert.Equal(["dense.kernel", "dense.bias"], net.Parameters.Select(parameter => parameter.Name));
        Assert.Equal([12, 3], net.Parameters[0].Shape);
        Assert.Equal((36, "IO"), (net.Parameters[0].Count, net.Parameters[0].Layout));
        Assert.Equal("dense.kernel [12, 3]", net.Parameters["dense.kernel"].ToString());
        Assert.Equal((2, 39L), (net.Parameters.Count, net.Parameters.ElementCount));
    }

    [Fact]
    public unsafe void Values_go_through_the_cut_and_permuted_axes_of_the_plan()
    {
        // Logical [2, 5, 3]; storage has axis 1 in blocks of 2 (the last one half full), the others permuted, a gap of one float in each row.
        using AxisModel net = new([new AxisPlan(2, 4, 2, 0), new AxisPlan(5, 1, 2, 30), new AxisPlan(3, 9, 3, 0)], [2, 5, 3]);
        float[] values = [.. Enumerable.Range(1, 30).Select(i => (float)i)];
        net.Parameters[0].CopyFrom(values);
        Assert.Equal(values, net.Parameters[0].ToArray());
        net.Predict(new float[1], new float[1]);
        for (int a = 0; a < 2; a++)
            for (int b = 0; b < 5; b++)
                for (int c = 0; c < 3; c++) Assert.Equal(values[(a * 15) + (b * 3) + c], net.Stored[1 + (a * 4) + (b / 2 * 30) + (b % 2) + (c * 9)]);
        Assert.Equal(30, net.Stored.Count(value => value != 0));
    }

    [Fact]
    public void A_round_trip_restores_a_model_bit_for_bit()
    {
        Dataset data = ToyData.Clusters(30);
        using SoftmaxModel trained = SoftmaxModel.Create(), copy = SoftmaxModel.Create(seed: 99);
        trained.Fit(data);
        foreach (Parameter parameter in trained.Parameters) copy.Parameters[parameter.Name].CopyFrom(parameter.ToArray());
        Assert.Equal(trained.Evaluate(data), copy.Evaluate(data));
    }

    [Fact]
    public void Wrong_names_and_lengths_say_what_there_is()
    {
        using SoftmaxModel net = SoftmaxModel.Create();
        Refuses("ToyNet has no parameter \"dense.weight\". It has: dense.kernel [12, 3], dense.bias [3].", () => _ = net.Parameters["dense.weight"]);
        Refuses("dense.kernel [12, 3] takes exactly 36 values, got 35.", () => net.Parameters[0].CopyFrom(new float[35]));
        Refuses("dense.bias [3] takes exactly 3 values, got 4.", () => net.Parameters[1].CopyFrom(new float[4]));
        Refuses("dense.kernel [12, 3] holds 36 values, the destination has room for 3.", () => net.Parameters[0].CopyTo(new float[3]));
        Refuses("dense.kernel [12, 3] holds 36 values, the destination has room for 3.", () => net.Parameters[0].CopyGradientTo(new float[3]));
        Assert.Equal("There is no gradient of dense.bias yet: call ComputeGradients first (TrainStep keeps none).", Assert.Throws<InvalidOperationException>(() => net.Parameters[1].CopyGradientTo(new float[3])).Message);

        static void Refuses(string message, Action call) => Assert.Equal(message, Assert.Throws<ParameterException>(call).Message);
    }

    [Fact]
    public void Start_values_are_those_of_the_seed_on_every_machine()
    {
        using SoftmaxModel net = SoftmaxModel.Create(seed: 42);
        float[] kernel = net.Parameters[0].ToArray();
        Assert.All(kernel, value => Assert.InRange(value, -0.25f, 0.25f));
        Assert.True(kernel.Max() > 0.2f && kernel.Min() < -0.2f);
        Assert.Equal(new float[3], net.Parameters[1].ToArray());
        // Philox words of seed 42, site 0, block 0, computed by a second implementation: w >> 8, times 2^-23, minus 1, times 0.25.
        Assert.Equal([((0x9ceaf0 / 8388608f) - 1f) * 0.25f, ((0x77f549 / 8388608f) - 1f) * 0.25f, ((0x12bf50 / 8388608f) - 1f) * 0.25f, ((0x5742b3 / 8388608f) - 1f) * 0.25f], kernel[..4]);
    }

    [Theory]
    [InlineData(5, 16, "stores 60 of the 36 elements of p")]
    [InlineData(3, 40, "puts p at 80 in an arena of 80 floats")]
    public void A_plan_that_reaches_out_of_its_arena_is_refused(int extent, int stride, string message)
    {
        string text = Assert.Throws<InvalidOperationException>(() => new AxisModel([new AxisPlan(12, 0, 12, 0), new AxisPlan(extent, stride, extent, 0)], [12, 3], offset: 0)).Message;
        Assert.Equal($"The compiled plan of AxisNet {message}; rebuild with the generator of this version.", text);
    }

    /// <summary>One parameter with the axes of a test, whose arena the prediction copies out.</summary>
    private sealed class AxisModel(AxisPlan[] axes, int[] shape, int offset = 1) : Model(
        new NetworkPlan
        {
            Name = "AxisNet",
            Inputs = [new InputPlan("images", 1, 1, 1)],
            Layout = Layout.ChannelsLast,
            Outputs = [new OutputPlan("Output", 1, 1, null)],
            Optimizer = null,
            Accuracy = false,
            Layers = [],
            Parameters = [new ParameterPlan("p", shape, "ABC", offset, axes, 0)],
            ParameterFloats = offset == 0 ? 80 : 120,
            DerivedFloats = 0,
            PartialFloats = 0,
            TrainSampleFloats = 0,
            TrainTaskFloats = 0,
            PredictSampleFloats = 0,
            PredictTaskFloats = 0,
        },
        new ArenaProgram(),
        null,
        Device.CpuThreads(1),
        seed: 0)
    {
        public float[] Stored => ArenaProgram.Stored;
    }

    private sealed unsafe class ArenaProgram : CpuProgram
    {
        [ThreadStatic]
        private static float[]? _stored;

        public static float[] Stored => _stored!;

        public override int VectorBits => 128;

        public override int UpdateTasks => 0;

        public override void TrainTask(StepContext step, int stage, int task, float* scratch) => throw new NotSupportedException();

        public override void UpdateTask(StepContext step, int task) => throw new NotSupportedException();

        public override void PredictTask(StepContext step, int first, int count, float* scratch) => _stored = new ReadOnlySpan<float>(step.Parameters, 120).ToArray();

        public override void Derive(StepContext step)
        {
        }

        public override int Probe(StepContext step, int first, int count, float* scratch) => -1;
    }
}
