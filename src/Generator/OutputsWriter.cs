using Convoke.Kernels;
using Convoke.Kernels.Emission;
using Convoke.Kernels.Models;

namespace Convoke.Generator;

/// <summary>Writes what a model of several outputs has beside the members of its base: predictions and steps with a span for each, named after it.</summary>
internal static class OutputsWriter
{
    private const string Floats = "global::System.ReadOnlySpan<float>", Result = "global::Convoke.StepResult", Slot = "global::Convoke.Compiled.Slot";

    /// <summary>The members of a model that has no fault.</summary>
    public static void Write(CodeWriter code, CompiledModel network) => Write(code, [.. network.Outputs], network.Spec.Input.Layout);

    /// <summary>The same members for a model whose shapes are at fault, so that its callers compile. Nobody gets an instance of it.</summary>
    public static void Write(CodeWriter code, ModelSpec faulty) =>
        Write(code, [.. faulty.Outputs.Select((output, i) => new OutputInfo(output.Name!, 1, 1, faulty.LossOf(i)))], null);

    private static void Write(CodeWriter code, OutputInfo[] outputs, ImageLayout? layout)
    {
        OutputInfo[] losses = [.. outputs.Where(static output => output.Loss is not null)];
        if (outputs.Length < 2) return;
        code.Line();
        WritePredict(code, layout, outputs);
        if (losses.Length < 2) return;
        code.Line();
        WriteStep(code, "TrainStep", losses, update: true, """
            /// <summary>One optimizer step on images f32[N, sample] in the model's layout, and a target for each output that has a loss.</summary>
            """, "/// <returns>Total loss, the losses of the outputs and accuracy of the batch, measured before the update.</returns>");
        code.Line();
        WriteStep(code, "ComputeGradients", losses, update: false, """
            /// <summary>Gradients of the batch's mean total loss, for <see cref="global::Convoke.Parameter.CopyGradientTo"/>; weights and optimizer stay.</summary>
            """, "/// <returns>Total loss, the losses of the outputs and accuracy of the batch.</returns>");
    }

    private static void WritePredict(CodeWriter code, ImageLayout? layout, OutputInfo[] outputs)
    {
        code.Line($"""
            /// <summary>All outputs for each image.</summary>
            /// <param name="images">f32[N, sample] in the model's layout; N follows from the length and may be 0.</param>
            {string.Join("\n", outputs.Select(output => $"/// <param name=\"{Parameter(output).TrimStart('@')}\">{Shape(layout, output)}, filled.</param>"))}
            /// <exception cref="global::Convoke.ShapeMismatchException">The sizes disagree with the model or with each other.</exception>
            """);
        using (code.Block($"public unsafe void Predict({Floats} images, {string.Join(", ", outputs.Select(static output => $"global::System.Span<float> {Parameter(output)}"))})"))
        {
            code.Line($"fixed (float* {string.Join(", ", outputs.Select(static (output, i) => $"output{Literals.Of(i)} = {Parameter(output)}"))})");
            code.Line($"    base.RunPredict(images, (global::System.ReadOnlySpan<{Slot}>)[{string.Join(", ", outputs.Select(static (output, i) => $"new(output{Literals.Of(i)}, {Parameter(output)}.Length)"))}]);");
        }

        code.Line();
        code.Line($"""
            /// <summary>All outputs for each image, in arrays of their own.</summary>
            /// <param name="images">f32[N, sample] in the model's layout; N follows from the length and may be 0.</param>
            /// <exception cref="global::Convoke.ShapeMismatchException">It is no whole number of samples.</exception>
            """);
        using (code.Block($"public Outputs Predict({Floats} images)"))
        {
            code.Line("int count = base.SampleCount(images.Length);");
            code.Line($"Outputs outputs = new() {{ {string.Join(", ", outputs.Select(static output => $"{Property(output)} = new float[checked(count * {Literals.Of(output.Elements)})]"))} }};");
            code.Line($"Predict(images, {string.Join(", ", outputs.Select(static output => $"outputs.{Property(output)}"))});");
            code.Line("return outputs;");
        }

        code.Line();
        code.Line("/// <summary>What the model yields for some images.</summary>");
        using (code.Block("public sealed class Outputs"))
        {
            for (int i = 0; i < outputs.Length; i++)
            {
                if (i > 0) code.Line();
                code.Line($"/// <summary>{Shape(layout, outputs[i])}.</summary>");
                code.Line($"public required float[] {Property(outputs[i])} {{ get; init; }}");
            }
        }
    }

    private static void WriteStep(CodeWriter code, string name, OutputInfo[] losses, bool update, string summary, string returns)
    {
        code.Line($"""
            {summary}
            /// <param name="images">At least one sample.</param>
            {string.Join("\n", losses.Select(static output => $"/// <param name=\"{Parameter(output).TrimStart('@')}\">{Target(output)}, for {output.Loss!.Kind}.</param>"))}
            {returns}
            /// <exception cref="global::Convoke.ShapeMismatchException">The sizes disagree with the model or with each other, or there is no sample.</exception>
            /// <exception cref="global::Convoke.LabelException">A label is out of range, or a target is not finite.</exception>
            /// <exception cref="global::Convoke.NonFiniteLossException">A loss is NaN or infinite; no weight was changed.</exception>
            """);
        using (code.Block($"public unsafe {Result} {name}({Floats} images, {string.Join(", ", losses.Select(static output => $"global::System.ReadOnlySpan<{Element(output)}> {Parameter(output)}"))})"))
        {
            for (int i = 0; i < losses.Length; i++) code.Line($"fixed ({Element(losses[i])}* target{Literals.Of(i)} = {Parameter(losses[i])})");
            code.Line($"    return base.RunStep(images, (global::System.ReadOnlySpan<{Slot}>)[{string.Join(", ", losses.Select(static (output, i) => $"new(target{Literals.Of(i)}, {Parameter(output)}.Length)"))}], {Literals.Of(update)});");
        }
    }

    private static string Element(OutputInfo output) => output.Loss!.Kind.TakesRows() ? "float" : "int";

    private static string Target(OutputInfo output) => output.Loss!.Kind.TakesRows() ? $"Values f32[N, {Literals.Of(output.Elements)}]"
        : output.Pixels > 1 ? $"Class indices i32[N, {Literals.Of(output.Pixels)}], one a pixel" : "Class indices i32[N]";

    private static string Shape(ImageLayout? layout, OutputInfo output) => layout is null ? "f32[N, values of a sample]" : $"f32[N, {Literals.Of(output.Elements)}], " + (output.Pixels == 1
        ? $"{Literals.Of(output.Classes)} {(output.Classes == 1 ? "value" : "values")} a sample"
        : layout == ImageLayout.ChannelsFirst ? $"{Literals.Of(output.Classes)} channels of {Literals.Of(output.Pixels)} pixels each" : $"{Literals.Of(output.Pixels)} pixels of {Literals.Of(output.Classes)} channels each");

    private static string Property(OutputInfo output) => Identifiers.Pascal(output.Name);

    private static string Parameter(OutputInfo output)
    {
        string name = Identifiers.Camel(output.Name);
        return Identifiers.IsKeyword(name) ? "@" + name : name;
    }
}
