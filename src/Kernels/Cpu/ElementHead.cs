using Convoke.Kernels.Emission;
using Convoke.Kernels.KernelIr;
using Convoke.Kernels.Scheduling;

namespace Convoke.Kernels.Cpu;

/// <summary>The end of an output whose loss is one by elements: the loss of each sample, its gradient, and the output in the user's order.</summary>
public static class ElementHead
{
    /// <summary>Most targets that are copied at a time, to stand beside the padded elements that they are for.</summary>
    private const int Block = 256;

    /// <summary>Emits name(step, first, count, y, dY).</summary>
    public static void EmitTrain(KernelWriter writer, string name, HeadGroup head)
    {
        CodeWriter code = writer.Code;
        LossStart(code, head, $";  dy = {Head.Weight(head)}{ElementLossStep.DerivativeFormula(head.Loss!.Kind)} / (N {head.Elements})");
        using (code.Block($"private static void {name}(StepContext step, int first, int count, float* y, float* dY)"))
        {
            Declare(writer, head, gradient: true);
            code.Line($"F scale = V.Create(step.InverseN{Head.Share(head)});");
            using (code.Block("for (int n = first; n < first + count; n++)"))
            {
                EmitLoss(writer, head, gradient: true);
                code.Line($"y += {Stored(head)}; dY += {Stored(head)};");
            }
        }
    }

    /// <summary>Emits name(step, first, count, y).</summary>
    public static void EmitPredict(KernelWriter writer, string name, HeadGroup head)
    {
        CodeWriter code = writer.Code;
        LossStart(code, head, ";  output = y");
        using (code.Block($"private static void {name}(StepContext step, int first, int count, float* y)"))
        {
            Declare(writer, head, gradient: false);
            using (code.Block("for (int n = first; n < first + count; n++)"))
            {
                using (code.Block("if (step.Losses != null)")) EmitLoss(writer, head, gradient: false);
                using (code.Block("if (step.Output != null)"))
                {
                    code.Line($"float* output = step.Output + {Head.Row(head.Place.Outputs, head.Place.Output)};");
                    string from = head.Pixels == 1 ? "y" : $"y + pixel * {Panels.Pad(head.Classes)}";
                    using (head.Pixels == 1 ? null : code.Block($"for (int pixel = 0; pixel < {head.Pixels}; pixel++)"))
                    {
                        code.Line(head.ChannelsFirst
                            ? $"for (int o = 0; o < {head.Classes}; o++) output[o * {head.Pixels} + pixel] = ({from})[o];"
                            : $"new Span<float>({from}, {head.Classes}).CopyTo(new Span<float>(output{(head.Pixels == 1 ? "" : $" + pixel * {head.Classes}")}, {head.Classes}));");
                    }
                }

                code.Line($"y += {Stored(head)};");
            }
        }
    }

    private static int Stored(HeadGroup head) => Panels.Pad(head.Classes) * head.Pixels;

    private static void LossStart(CodeWriter code, HeadGroup head, string rest)
    {
        code.Line();
        code.Line($"// {Head.Subject(head)}{head.Loss!.Kind}: loss = mean over {head.Elements} elements, d = y - t, of {ElementLossStep.Formula(head.Loss.Kind)}{rest}");
    }

    private static void Declare(KernelWriter writer, HeadGroup head, bool gradient)
    {
        foreach (NamedConstant constant in ElementLossStep.Constants(head.Loss!, gradient)) writer.Code.Line($"F {constant.Name} = V.Create({CodeWriter.Literal(constant.Value)});");
        writer.Code.Line($"float* t = stackalloc float[{Math.Min(Block, Panels.Pad(head.Classes))}];");
    }

    /// <summary>The loss of sample n, and its gradient. Padding is zero on both sides and adds nothing.</summary>
    private static void EmitLoss(KernelWriter writer, HeadGroup head, bool gradient)
    {
        CodeWriter code = writer.Code;
        var printer = new VectorPrinter(writer.Target);
        int stored = Panels.Pad(head.Classes);
        bool map = head.Pixels > 1, blocks = stored > Block;
        string row = (map ? $" + pixel * {stored}" : "") + (blocks ? " + from" : ""), targets = $"step.Targets + ({Head.Row(head.Place.Targets, head.Place.Target)})";
        string at = blocks ? "from + o" : "o";
        string target = head.ChannelsFirst ? $"targets[({at}) * {head.Pixels} + pixel]" : map ? $"targets[pixel * {head.Classes} + {at}]" : $"targets[{at}]";
        code.Line($"float* targets = {targets};");
        code.Line("double total = 0;");
        using (map ? code.Block($"for (int pixel = 0; pixel < {head.Pixels}; pixel++)") : null)
        {
            code.Line("F sum = F.Zero;");
            using (blocks ? code.Block($"for (int from = 0; from < {stored}; from += {Block})") : null)
            {
                string length = blocks ? "length" : stored.ToString(System.Globalization.CultureInfo.InvariantCulture);
                if (blocks) code.Line($"int length = Math.Min({Block}, {stored} - from);");
                code.Line(stored == head.Classes ? $"for (int o = 0; o < {length}; o++) t[o] = {target};" : $"for (int o = 0; o < {length}; o++) t[o] = {at} < {head.Classes} ? {target} : 0f;");
                using (code.Block($"for (int o = 0; o < {length}; o += {writer.Lanes})"))
                {
                    code.Line($"F d = V.Load(y{row} + o) - V.Load(t + o);");
                    code.Line($"sum += {printer.Print(ElementLossStep.Value(head.Loss!.Kind))};");
                    if (gradient) code.Line($"(scale * ({printer.Print(ElementLossStep.Derivative(head.Loss.Kind))})).Store(dY{row} + o);");
                }
            }

            code.Line("total += V.Sum(sum);");
        }

        code.Line($"{Head.Loss(head.Place)} = (float)(total / {head.Elements});");
    }
}
