using Convoke.Kernels;
using Convoke.Kernels.Emission;
using Convoke.Kernels.Models;

namespace Convoke.Generator;

/// <summary>Writes what the run time needs to know of a model as data: a field with a <c>Convoke.Compiled.NetworkPlan</c>.</summary>
internal static class PlanWriter
{
    public static void Write(CodeWriter code, CompiledModel network)
    {
        ModelSpec spec = network.Spec;
        MemoryInfo memory = network.Memory;
        using IDisposable plan = code.Block("private static readonly global::Convoke.Compiled.NetworkPlan Plan = new()", "};");
        code.Line($"""
            Name = {Literals.Of(spec.Name.TrimStart('@'))},
            Inputs =
            [
            {Rows(spec.Inputs.Select(InputOf))}
            ],
            Layout = global::Convoke.Layout.{(spec.Input.Layout == ImageLayout.ChannelsFirst ? "ChannelsFirst" : "ChannelsLast")},
            Outputs =
            [
            {Rows(network.Outputs.Select(OutputOf))}
            ],
            Optimizer = {OptimizerOf(spec.Optimizer)},
            Accuracy = {Literals.Of(spec.Accuracy)},
            Layers =
            [
            {Rows(network.Layers.Select(LayerOf))}
            ],
            Parameters =
            [
            {Rows(network.Parameters.Select(ParameterOf))}
            ],
            ParameterFloats = {Literals.Of(memory.ParameterFloats)},
            DerivedFloats = {Literals.Of(memory.DerivedFloats)},
            PartialFloats = {Literals.Of(memory.PartialFloats)},
            TrainSampleFloats = {Literals.Of(memory.TrainSampleFloats)},
            TrainTaskFloats = {Literals.Of(memory.TrainTaskFloats)},
            PredictSampleFloats = {Literals.Of(memory.PredictSampleFloats)},
            PredictTaskFloats = {Literals.Of(memory.PredictTaskFloats)},
            """);
        if (memory.ImagesPerChunk is { } images) code.Line($"ImagesPerChunk = {Literals.Of(images)},");
    }

    private static string InputOf(InputSpec input) => New(
    [
        Literals.Of(input.Name ?? "images"),
        Literals.Of(input.Height),
        Literals.Of(input.Width),
        Literals.Of(input.Channels),
        .. input.IsFlat ? new[] { "IsFlat: true" } : [],
    ]);

    /// <summary>The run time has the same losses under the same names.</summary>
    private static string OutputOf(OutputInfo output) => New(
    [
        Literals.Of(output.Name),
        Literals.Of(output.Classes),
        Literals.Of(output.Pixels),
        output.Loss is { } loss ? $"global::Convoke.Compiled.LossPlan.{loss.Kind}" : "null",
        .. output.Loss is { Weight: not 1 } weighted ? new[] { Literals.Of(weighted.Weight) } : [],
    ]);

    private static string OptimizerOf(OptimizerSpec? optimizer) => optimizer switch
    {
        null => "null",
        SgdSpec sgd => New("\"Sgd\"", Literals.Of(sgd.LearningRate), "0", "0", Literals.Of(sgd.Moments), "EpsilonAfterCorrection: false"),
        AdamSpec adam => New(
            "\"Adam\"", Literals.Of(adam.LearningRate), Literals.Of(adam.Beta1), Literals.Of(adam.Beta2), "2",
            "EpsilonAfterCorrection: " + Literals.Of(adam.Form == EpsilonForm.AfterCorrection)),
        _ => throw new InvalidOperationException($"No plan for the optimizer {optimizer}."),
    };

    private static string LayerOf(LayerInfo layer) => New(
        Literals.Of(layer.Name), Literals.Of(layer.Kind), Literals.Of(layer.OutputShape), Literals.Of(layer.ParameterCount), Literals.Of(layer.Macs));

    private static string ParameterOf(ParameterInfo parameter) => New(
    [
        Literals.Of(parameter.Name),
        List(parameter.Shape.Select(Literals.Of)),
        Literals.Of(parameter.Layout),
        Literals.Of(parameter.OffsetFloats),
        List(parameter.Axes.Select(AxisOf)),
        parameter.Initializer == Initializer.Uniform ? Literals.Of(parameter.Bound) : "0",
        .. parameter.Initializer == Initializer.Ones ? new[] { "Start: 1" } : [],
        .. parameter.IsTrained ? [] : new[] { "IsTrained: false" },
    ]);

    private static string AxisOf(AxisInfo axis) => New(Literals.Of(axis.Extent), Literals.Of(axis.Stride), Literals.Of(axis.Block), Literals.Of(axis.BlockStride));

    private static string New(params string[] arguments) => "new(" + string.Join(", ", arguments) + ")";

    private static string List(IEnumerable<string> items) => "[" + string.Join(", ", items) + "]";

    private static string Rows(IEnumerable<string> rows) => string.Join("\n", rows.Select(static row => "    " + row + ","));
}
