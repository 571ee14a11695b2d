using Microsoft.CodeAnalysis;

namespace Convoke.Generator.Tests;

/// <summary>The generated half of a model class; the kernels' own text is the compiler's tests' business.</summary>
public class PartialClassTests
{
    /// <summary>The members of a model of several inputs compile, whatever these are called, with one output or several; so do those of one that is at fault.</summary>
    [Theory]
    [InlineData("", "Sym", "Head(@in + @class)")]
    [InlineData(", Adam, CrossEntropy", "Sym", "Head(@in * Relu(@class))")]
    [InlineData(", Adam, MeanSquaredError", "Sym", "Head(@in + @class)")]
    [InlineData(", Adam, CrossEntropy(Output = \"Kind\")", "(Sym Kind, Sym @new)", "(Head(@in), Pixels(Images))")]
    [InlineData(", Adam, CrossEntropy(Output = \"Kind\"), MeanSquaredError(Output = \"new\")", "(Sym Kind, Sym @new)", "(Head(@in), Pixels(Images))")]
    [InlineData(", Adam, CrossEntropy", "Sym", "Pixels(Images)")]
    public void Several_inputs_have_members_that_compile(string training, string returns, string result)
    {
        string Source(string of) => $$"""
            using Convoke;
            [Model{{training}}]
            public partial class M
            {
                [Dense(3)] private static partial Sym Head(Sym x);
                [Conv2D(3, 1)] private static partial Sym Pixels(Sym x);
                private static {{returns}} Forward([Shape(6, 5, 2)] Sym Images, [Shape(4)] Sym @in, [Shape(4)] Sym @class, [Shape(1)] Sym _0) => {{of}};
            }
            """;
        var generated = Harness.Generate(Source(result));
        string api = generated.Results[0].GeneratedSources.Single(static s => s.HintName == "M.g.cs").SourceText.ToString();
        Assert.Contains("Predict(global::System.ReadOnlySpan<float> Images, global::System.ReadOnlySpan<float> @in, global::System.ReadOnlySpan<float> @class, global::System.ReadOnlySpan<float> _0", api, StringComparison.Ordinal);
        Assert.Equal(training.Length > 0, api.Contains(" TrainStep(", StringComparison.Ordinal));
        Assert.Equal(!training.Contains("(Adam, Mean", StringComparison.Ordinal) && training != ", Adam, MeanSquaredError", api.Contains(" PredictClasses(", StringComparison.Ordinal));
        Harness.Generate(Source(returns == "Sym" ? "Head(Images)" : "(Head(Images), Head(@in))"));
    }

    [Fact]
    public Task A_model_becomes_a_class_that_can_be_created() => Verify(Text(Harness.Generate(Models.Mnist), "N.MnistNet.g.cs"));

    [Fact]
    public Task A_model_with_PyTorchs_conventions() => Verify(Text(Harness.Generate(Models.Cnn), "Cnn.g.cs"));

    [Fact]
    public Task A_model_with_Forward() => Verify(Text(Harness.Generate(Models.Forward), "N.ForwardNet.g.cs"));

    [Fact]
    public Task A_model_of_several_outputs() => Verify(Text(Harness.Generate(Models.Detector), "N.Detector.g.cs"));

    /// <summary>Shapes at fault change nothing of the members that callers see.</summary>
    [Fact]
    public void A_faulty_model_of_several_outputs_has_the_same_members() => Assert.DoesNotContain(Harness.Generate(
            Models.Detector.Replace("Dense(5)", "Dense(5, In = 3)", StringComparison.Ordinal),
            """
            class Caller
            {
                float[] Use(N.Detector net, float[] x, int[] c)
                {
                    net.TrainStep(x, c, x);
                    net.ComputeGradients(x, c, x);
                    net.Predict(x, x, x);
                    N.Detector.Outputs r = net.Predict(x);
                    return r.Classes.Length > 0 ? r.Boxes : r.Classes;
                }
            }
            """)
        .Results[0].GeneratedSources, static source => source.HintName == "N.Detector.Cuda.g.cs");

    /// <summary>Without the bodies of its layer methods the class would not compile, and the compiler would not let the analyzer say why.</summary>
    [Fact]
    public Task An_invalid_model_with_Forward_keeps_its_layer_methods() =>
        Verify(Text(Harness.Generate(Models.Forward.Replace("64 * 6 * 6", "1600", StringComparison.Ordinal)), "N.ForwardNet.g.cs"));

    [Fact]
    public Task A_model_that_only_predicts() => Verify(Text(
        Harness.Generate("using Convoke; [Model(4, 4, 1), Flatten, Dense(2, Bias = false, Activation = Activation.Softmax)] partial class Small;"), "Small.g.cs"));

    [Fact]
    public Task An_invalid_model_becomes_a_skeleton() =>
        Verify(Harness.Generate(Models.Mnist.Replace("Conv2D(32,", "Conv2D(0,", StringComparison.Ordinal)));

    [Fact]
    public Task The_widest_kernels_that_the_machine_has_vectors_for_are_chosen() => Verify(Text(Harness.Generate(Models.Mnist), "N.MnistNet.Cpu.g.cs"));

    [Fact]
    public void The_summary_is_the_table_that_the_class_is_documented_with()
    {
        string[] lines = Text(Harness.Generate(Models.Mnist), "N.MnistNet.g.cs").Split('\n');
        string[] table = [.. lines.SkipWhile(static line => line != "/// <code>").Skip(1).TakeWhile(static line => line != "/// </code>").Select(static line => line[4..])];
        string[] summary = [.. lines.SkipWhile(static line => line != "        \"\"\"").Skip(1).TakeWhile(static line => line != "        \"\"\";").Select(static line => line[8..])];
        Assert.Equal("Model: MnistNet", table[0]);
        Assert.Equal(table, summary);
    }

    private static string Text(GeneratorDriverRunResult run, string hint) =>
        run.Results[0].GeneratedSources.Single(source => source.HintName == hint).SourceText.ToString();
}
