using Convoke.Kernels;
using Convoke.Kernels.Emission;
using Convoke.Kernels.Models;

namespace Convoke.Generator;

/// <summary>Writes what a model of several inputs or outputs has beside the members of its base: predictions and steps with a span for each, named after it.</summary>
internal sealed class MembersWriter
{
    private const string Floats = "global::System.ReadOnlySpan<float>", Result = "global::Convoke.StepResult", Slot = "global::Convoke.Compiled.Slot";

    private readonly CodeWriter _code;
    private readonly InputSpec[] _inputs;
    private readonly OutputInfo[] _outputs, _losses;
    private readonly ImageLayout? _layout;

    /// <param name="code">The writer.</param>
    /// <param name="inputs">The model's inputs.</param>
    /// <param name="outputs">Its outputs.</param>
    /// <param name="layout">Order of an image's axes; null where shapes are not known.</param>
    private MembersWriter(CodeWriter code, InputSpec[] inputs, OutputInfo[] outputs, ImageLayout? layout)
    {
        (_code, _inputs, _outputs, _layout) = (code, inputs, outputs, layout);
        _losses = [.. outputs.Where(static output => output.Loss is not null)];
    }

    private bool HasInputs => _inputs.Length > 1;

    /// <summary>The members of a model that has no fault.</summary>
    public static void Write(CodeWriter code, CompiledModel network) => new MembersWriter(code, [.. network.Spec.Inputs], [.. network.Outputs], network.Spec.Input.Layout).Write();

    /// <summary>The same members for a model whose shapes are at fault, so that its callers compile. Nobody gets an instance of it.</summary>
    public static void Write(CodeWriter code, ModelSpec faulty) =>
        new MembersWriter(code, [.. faulty.Inputs], [.. faulty.Results.Select((output, i) => new OutputInfo(output.Name ?? OutputInfo.OnlyName, 1, 1, faulty.LossOf(i)))], null).Write();

    private void Write()
    {
        if (_outputs.Length > 1 || HasInputs)
        {
            _code.Line();
            WritePredict();
            if (HasInputs) WriteClasses();
        }
        if (_losses.Length < 2 && !(HasInputs && _losses.Length == 1)) return;
        string loss = _losses.Length > 1 ? "total loss" : "loss", losses = _losses.Length > 1 ? "Total loss, the losses of the outputs and accuracy" : "Loss and accuracy";
        _code.Line();
        WriteStep("TrainStep", update: true, $"/// <summary>One optimizer step on {Samples}, and {(_losses.Length > 1 ? "a target for each output that has a loss" : "their targets")}.</summary>",
            $"/// <returns>{losses} of the batch, measured before the update.</returns>");
        _code.Line();
        WriteStep("ComputeGradients", update: false, $"/// <summary>Gradients of the batch's mean {loss}, for <see cref=\"global::Convoke.Parameter.CopyGradientTo\"/>; weights and optimizer stay.</summary>",
            $"/// <returns>{losses} of the batch.</returns>");
    }

    private void WritePredict()
    {
        _code.Line($"""
            /// <summary>{(_outputs.Length > 1 ? "All outputs" : "The model's output")} for each {(HasInputs ? "sample" : "image")}.</summary>
            {InputDocs}
            {string.Join("\n", _outputs.Select(output => $"/// <param name=\"{Parameter(output).TrimStart('@')}\">{Shape(output)}, filled.</param>"))}
            /// <exception cref="global::Convoke.ShapeMismatchException">The sizes disagree with the model or with each other.</exception>
            """);
        using (_code.Block($"public unsafe void Predict({InputParameters}, {string.Join(", ", _outputs.Select(output => $"global::System.Span<float> {Parameter(output)}"))})"))
        {
            Pin([.. InputPins, .. _outputs.Select((output, i) => ("float", $"__output{Literals.Of(i)}", Parameter(output)))]);
            _code.Line($"    base.RunPredict({Inputs}, {Slots(_outputs.Select(Parameter), "__output")});");
        }

        _code.Line();
        _code.Line($"""
            /// <summary>{(_outputs.Length > 1 ? "All outputs" : "The model's output")} for each {(HasInputs ? "sample" : "image")}, in {(_outputs.Length > 1 ? "arrays of their" : "an array of its")} own.</summary>
            {InputDocs}
            /// <exception cref="global::Convoke.ShapeMismatchException">{(HasInputs ? "The sizes disagree with the model or with each other." : "It is no whole number of samples.")}</exception>
            """);
        string arguments = string.Join(", ", _inputs.Select(Parameter));
        if (_outputs is [var only])
        {
            using (_code.Block($"public float[] Predict({InputParameters})"))
            {
                _code.Line($"float[] result = new float[checked(base.SampleCount({Parameter(_inputs[0])}.Length) * {Literals.Of(only.Elements)})];");
                _code.Line($"Predict({arguments}, result);");
                _code.Line("return result;");
            }
            return;
        }
        using (_code.Block($"public Outputs Predict({InputParameters})"))
        {
            _code.Line($"int count = base.SampleCount({Parameter(_inputs[0])}.Length);");
            _code.Line($"Outputs outputs = new() {{ {string.Join(", ", _outputs.Select(static output => $"{Property(output)} = new float[checked(count * {Literals.Of(output.Elements)})]"))} }};");
            _code.Line($"Predict({arguments}, {string.Join(", ", _outputs.Select(static output => $"outputs.{Property(output)}"))});");
            _code.Line("return outputs;");
        }

        _code.Line();
        _code.Line($"/// <summary>What the model yields for some {(HasInputs ? "samples" : "images")}.</summary>");
        using (_code.Block("public sealed class Outputs"))
        {
            for (int i = 0; i < _outputs.Length; i++)
            {
                if (i > 0) _code.Line();
                _code.Line($"/// <summary>{Shape(_outputs[i])}.</summary>");
                _code.Line($"public required float[] {Property(_outputs[i])} {{ get; init; }}");
            }
        }
    }

    /// <summary>The base predicts classes of images alone.</summary>
    private void WriteClasses()
    {
        OutputInfo? told = _outputs is [{ Loss: null } only] ? only : _outputs.FirstOrDefault(static output => output.Loss is { } loss && loss.Kind.TellsClasses());
        if (told is null) return;
        string of = _outputs.Length > 1 ? $", as {told.Name} tells it" : "";
        _code.Line();
        _code.Line($"""
            /// <summary>The most probable class of each {(told.Pixels > 1 ? "pixel" : "sample")}{of}; the lower one of equals.</summary>
            {InputDocs}
            /// <param name="classes">{(told.Pixels > 1 ? $"i32[N, {Literals.Of(told.Pixels)}]" : "i32[N]")}, filled.</param>
            /// <exception cref="global::Convoke.ShapeMismatchException">The sizes disagree with the model or with each other.</exception>
            """);
        using (_code.Block($"public unsafe void PredictClasses({InputParameters}, global::System.Span<int> classes)"))
        {
            Pin(InputPins);
            _code.Line($"    base.RunPredictClasses({Inputs}, classes);");
        }
        if (told.Pixels > 1) return;
        _code.Line();
        _code.Line($"""
            /// <summary>The most probable class of one sample{of}; the lower one of equals.</summary>
            {InputDocs}
            /// <exception cref="global::Convoke.ShapeMismatchException">It is not exactly one sample.</exception>
            """);
        using (_code.Block($"public int PredictClass({InputParameters})"))
        {
            _code.Line("int result = 0;");
            _code.Line($"PredictClasses({string.Join(", ", _inputs.Select(Parameter))}, new global::System.Span<int>(ref result));");
            _code.Line("return result;");
        }
    }

    private void WriteStep(string name, bool update, string summary, string returns)
    {
        _code.Line($"""
            {summary}
            {StepInputDocs}
            {string.Join("\n", _losses.Select(output => $"/// <param name=\"{TargetParameter(output).TrimStart('@')}\">{Target(output)}, for {output.Loss!.Kind}.</param>"))}
            {returns}
            /// <exception cref="global::Convoke.ShapeMismatchException">The sizes disagree with the model or with each other, or there is no sample.</exception>
            /// <exception cref="global::Convoke.LabelException">A label is out of range, or a target is not finite.</exception>
            /// <exception cref="global::Convoke.NonFiniteLossException">A loss is NaN or infinite; no weight was changed.</exception>
            """);
        using (_code.Block($"public unsafe {Result} {name}({InputParameters}, {string.Join(", ", _losses.Select(output => $"global::System.ReadOnlySpan<{Element(output)}> {TargetParameter(output)}"))})"))
        {
            Pin([.. InputPins, .. _losses.Select((output, i) => (Element(output), $"__target{Literals.Of(i)}", TargetParameter(output)))]);
            _code.Line($"    return base.RunStep({Inputs}, {Slots(_losses.Select(TargetParameter), "__target")}, {Literals.Of(update)});");
        }
    }

    private string Samples => HasInputs ? "samples of all inputs" : "images f32[N, sample] in the model's layout";

    private string InputDocs => HasInputs
        ? string.Join("\n", _inputs.Select(input => $"/// <param name=\"{input.Name}\">{Shape(input)}.</param>"))
        : "/// <param name=\"images\">f32[N, sample] in the model's layout; N follows from the length and may be 0.</param>";

    private string StepInputDocs => HasInputs ? InputDocs : "/// <param name=\"images\">At least one sample.</param>";

    private string InputParameters => string.Join(", ", _inputs.Select(input => $"{Floats} {Parameter(input)}"));

    /// <summary>What the base is handed: images alone as they are, several inputs pinned.</summary>
    private string Inputs => HasInputs ? Slots(_inputs.Select(Parameter), "__input") : Parameter(_inputs[0]);

    private (string Type, string Name, string Of)[] InputPins => HasInputs ? [.. _inputs.Select((input, i) => ("float", "__input" + Literals.Of(i), Parameter(input)))] : [];

    /// <summary>Statements that pin spans for the one that follows.</summary>
    private void Pin((string Type, string Name, string Of)[] spans)
    {
        foreach ((string type, string name, string of) in spans) _code.Line($"fixed ({type}* {name} = {of})");
    }

    private static string Slots(IEnumerable<string> spans, string pinned) =>
        $"(global::System.ReadOnlySpan<{Slot}>)[{string.Join(", ", spans.Select((span, i) => $"new({pinned}{Literals.Of(i)}, {span}.Length)"))}]";

    private string Parameter(InputSpec input) => !HasInputs ? "images" : Identifiers.IsKeyword(input.Name!) ? "@" + input.Name : input.Name!;

    private string Shape(InputSpec input) => _layout is null ? "f32[N, values of a sample]" : $"f32[N, {Literals.Of(input.Count)}], " + (input.IsFlat
        ? $"{Literals.Of(input.Count)} {(input.Count == 1 ? "value" : "values")} a sample"
        : _layout == ImageLayout.ChannelsFirst ? $"images [{Literals.Of(input.Channels)}, {Literals.Of(input.Height)}, {Literals.Of(input.Width)}]"
        : $"images [{Literals.Of(input.Height)}, {Literals.Of(input.Width)}, {Literals.Of(input.Channels)}]");

    private static string Element(OutputInfo output) => output.Loss!.Kind.TakesRows() ? "float" : "int";

    private static string Target(OutputInfo output) => output.Loss!.Kind.TakesRows() ? $"Values f32[N, {Literals.Of(output.Elements)}]"
        : output.Pixels > 1 ? $"Class indices i32[N, {Literals.Of(output.Pixels)}], one a pixel" : "Class indices i32[N]";

    private string Shape(OutputInfo output) => _layout is null ? "f32[N, values of a sample]" : $"f32[N, {Literals.Of(output.Elements)}], " + (output.Pixels == 1
        ? $"{Literals.Of(output.Classes)} {(output.Classes == 1 ? "value" : "values")} a sample"
        : _layout == ImageLayout.ChannelsFirst ? $"{Literals.Of(output.Classes)} channels of {Literals.Of(output.Pixels)} pixels each" : $"{Literals.Of(output.Pixels)} pixels of {Literals.Of(output.Classes)} channels each");

    private static string Property(OutputInfo output) => Identifiers.Pascal(output.Name);

    private string TargetParameter(OutputInfo output) => _outputs.Length > 1 ? Parameter(output) : output.Loss!.Kind.TakesRows() ? "targets" : "labels";

    /// <summary>An output's own name; of an only one what the base calls it.</summary>
    private string Parameter(OutputInfo output)
    {
        if (_outputs.Length == 1) return "probabilities";
        string name = Identifiers.Camel(output.Name);
        return Identifiers.IsKeyword(name) ? "@" + name : name;
    }
}
