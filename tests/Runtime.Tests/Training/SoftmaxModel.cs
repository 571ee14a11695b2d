using Convoke.Compiled;

namespace Convoke.Runtime.Tests.Training;

/// <summary>What the generator would write around <see cref="SoftmaxProgram"/>.</summary>
internal sealed class SoftmaxModel : Model
{
    public static readonly OptimizerPlan Adam = new("Adam", 0.05, 0.9, 0.999, 2, EpsilonAfterCorrection: false);
    public static readonly OptimizerPlan Sgd = new("Sgd", 0.5, 0, 0, 0, EpsilonAfterCorrection: false);

    private SoftmaxModel(NetworkPlan plan, SoftmaxProgram program, Device device, ulong seed) : base(plan, program, null, device, seed) => Program = program;

    public SoftmaxProgram Program { get; }

    public static SoftmaxModel Create(
        int threads = 1, ulong seed = 1, LossPlan? loss = LossPlan.SparseCategoricalCrossentropy, OptimizerPlan? optimizer = null,
        int height = 3, int width = 2, int channels = 2, int classes = 3, Layout layout = Layout.ChannelsLast, bool accuracy = true, bool trains = true)
    {
        int inputs = height * width * channels;
        optimizer = trains ? optimizer ?? Adam : null;
        int floats = (inputs + 1) * SoftmaxProgram.Row;
        NetworkPlan plan = new()
        {
            Name = "ToyNet",
            Inputs = [new InputPlan("images", height, width, channels)],
            Layout = layout,
            Outputs = [new OutputPlan("Output", classes, 1, loss)],
            Optimizer = optimizer,
            Accuracy = accuracy,
            Layers = [new LayerPlan("flatten", "Flatten", $"{inputs}", 0, 0), new LayerPlan("dense", "Dense", $"{classes}", (inputs + 1) * classes, inputs * classes)],
            Parameters =
            [
                // Inputs as two cut axes, as a blocked layout would have them.
                new ParameterPlan("dense.kernel", [inputs, classes], "IO", 0, [new AxisPlan(inputs, SoftmaxProgram.Row, 4, 4 * SoftmaxProgram.Row), new AxisPlan(classes, 1, classes, 0)], 0.25),
                new ParameterPlan("dense.bias", [classes], "O", inputs * SoftmaxProgram.Row, [new AxisPlan(classes, 1, classes, 0)], 0),
            ],
            ParameterFloats = floats,
            DerivedFloats = floats,
            PartialFloats = floats,
            TrainSampleFloats = classes,
            TrainTaskFloats = 0,
            PredictSampleFloats = 0,
            PredictTaskFloats = classes,
        };
        return new SoftmaxModel(plan, new SoftmaxProgram(inputs, classes, loss, optimizer), Device.CpuThreads(threads), seed);
    }

    /// <summary>All parameters, one after the other.</summary>
    public float[] Weights() => [.. Parameters.SelectMany(parameter => parameter.ToArray())];
}
