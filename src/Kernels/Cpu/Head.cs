using Convoke.Kernels.Models;
using Convoke.Kernels.Scheduling;

namespace Convoke.Kernels.Cpu;

/// <summary>The end of the network, a row of logits at a time: softmax, cross-entropy, its gradient, and whether the largest logit is the target's.</summary>
public static class Head
{
    /// <summary>Emits HeadTrain(step, first, count, logits, dLogits).</summary>
    public static void EmitTrain(KernelWriter writer, HeadGroup head)
    {
        Emission.CodeWriter code = writer.Code;
        int stored = Panels.Pad(head.Classes);
        bool map = head.Pixels > 1, rows = head.Loss == LossKind.CategoricalCrossentropy;
        code.Line();
        code.Line(map
            ? $"// of each of {head.Pixels} pixels: loss = sum(o) t[o] (log sum(j) exp z[j] - z[o]);  dz = (softmax(z) sum(t) - t) / (N pixels); a sample's loss is the mean"
            : "// loss = sum(o) t[o] (log sum(j) exp z[j] - z[o]);  dz = (softmax(z) sum(t) - t) / N");
        using (code.Block("private static void HeadTrain(StepContext step, int first, int count, float* logits, float* dLogits)"))
        {
            code.Line($"float* e = stackalloc float[{stored}];");
            string inverse = map ? "inverse" : "step.InverseN";
            if (map) code.Line($"float inverse = step.InverseN * {Emission.CodeWriter.Literal(1.0 / head.Pixels)};");
            using (code.Block("for (int n = first; n < first + count; n++)"))
            using (PixelLoop(code, head, "true"))
            {
                EmitLoss(writer, head, guarded: false);
                code.Line($"F scale = V.Create({inverse}{(rows ? " * mass" : "")} / sum);");
                code.Line($"for (int o = 0; o < {stored}; o += {writer.Lanes}) (V.Load(e + o) * scale).Store(dLogits + o);");
                code.Line(rows ? $"for (int o = 0; o < {head.Classes}; o++) dLogits[o] -= {inverse} * target[o];" : $"dLogits[label] -= {inverse};");
                if (stored > head.Classes) code.Line($"for (int o = {head.Classes}; o < {stored}; o++) dLogits[o] = 0f;");
                code.Line($"logits += {stored}; dLogits += {stored};");
            }
        }
    }

    /// <summary>Emits HeadPredict(step, first, count, logits).</summary>
    public static void EmitPredict(KernelWriter writer, HeadGroup head)
    {
        Emission.CodeWriter code = writer.Code;
        int stored = Panels.Pad(head.Classes);
        code.Line();
        code.Line($"// output = {head.Output switch { ActivationKind.Softmax => "softmax(z)", ActivationKind.LogSoftmax => "z - log sum exp z", _ => "z" }}{(head.Pixels > 1 ? $", of each of {head.Pixels} pixels" : "")}");
        using (code.Block("private static void HeadPredict(StepContext step, int first, int count, float* logits)"))
        {
            bool sums = head.Output != ActivationKind.None || head.Loss is not null;
            if (sums) code.Line($"float* e = stackalloc float[{stored}];");
            using (code.Block("for (int n = first; n < first + count; n++)"))
            using (PixelLoop(code, head, "step.Losses != null"))
            {
                if (head.Loss is not null) EmitLoss(writer, head, guarded: true);
                else if (sums) EmitExponentials(writer, head);
                using (code.Block("if (step.Output != null)"))
                {
                    string stride = head.ChannelsFirst ? $"[o * {head.Pixels}]" : "[o]";
                    code.Line(head.Pixels == 1 ? $"float* output = step.Output + (nint)n * {head.Classes};"
                        : $"float* output = step.Output + ((nint)n * {head.Pixels * head.Classes} + {(head.ChannelsFirst ? "pixel" : $"pixel * {head.Classes}")});");
                    if (head.Output == ActivationKind.LogSoftmax) code.Line("float logTotal = max + MathF.Log(sum);");
                    code.Line(head.Output switch
                    {
                        ActivationKind.Softmax => $"for (int o = 0; o < {head.Classes}; o++) output{stride} = e[o] / sum;",
                        ActivationKind.LogSoftmax => $"for (int o = 0; o < {head.Classes}; o++) output{stride} = logits[o] - logTotal;",
                        _ when head.ChannelsFirst => $"for (int o = 0; o < {head.Classes}; o++) output{stride} = logits[o];",
                        _ => $"new Span<float>(logits, {head.Classes}).CopyTo(new Span<float>(output, {head.Classes}));",
                    });
                }

                code.Line($"logits += {stored};");
            }
        }
    }

    /// <summary>A map has a row of logits per pixel, whose losses and right answers add up.</summary>
    private static LossSums? PixelLoop(Emission.CodeWriter code, HeadGroup head, string measured)
    {
        if (head.Pixels == 1) return null;
        code.Line("double total = 0;");
        code.Line("int right = 0;");
        return new(code, code.Block($"for (int pixel = 0; pixel < {head.Pixels}; pixel++)"), head, measured);
    }

    private sealed class LossSums(Emission.CodeWriter code, IDisposable loop, HeadGroup head, string measured) : IDisposable
    {
        public void Dispose()
        {
            loop.Dispose();
            if (head.Loss is null) return;
            string guard = measured == "true" ? "" : $"if ({measured}) ";
            code.Line($"{guard}step.Losses[n] = (float)(total / {head.Pixels});");
            code.Line($"{guard}step.Correct[n] = right;");
        }
    }

    /// <summary>The maximum is taken out first, so that no exponential overflows; sums run in order, so that every vector width gives the same.</summary>
    private static void EmitExponentials(KernelWriter writer, HeadGroup head)
    {
        Emission.CodeWriter code = writer.Code;
        code.Line("float max = logits[0], sum = 0f;");
        code.Line("int best = 0;");
        code.Line($"for (int o = 1; o < {head.Classes}; o++) if (logits[o] > max) (max, best) = (logits[o], o);");
        code.Line($"for (int o = 0; o < {Panels.Pad(head.Classes)}; o += {writer.Lanes}) V.Exp(V.Load(logits + o) - V.Create(max)).Store(e + o);");
        code.Line($"for (int o = 0; o < {head.Classes}; o++) sum += e[o];");
    }

    private static void EmitLoss(KernelWriter writer, HeadGroup head, bool guarded)
    {
        Emission.CodeWriter code = writer.Code;
        bool map = head.Pixels > 1;
        EmitExponentials(writer, head);
        using (guarded ? code.Block("if (step.Losses != null)") : null)
        {
            code.Line("float logSum = max + MathF.Log(sum);");
            if (head.Loss == LossKind.CategoricalCrossentropy)
            {
                code.Line(map ? $"float* target = step.Targets + ((nint)n * {head.Pixels} + pixel) * {head.Classes};" : $"float* target = step.Targets + (nint)n * {head.Classes};");
                code.Line("float loss = 0f, mass = 0f;");
                code.Line("int wanted = 0;");
                using (code.Block($"for (int o = 0; o < {head.Classes}; o++)"))
                {
                    code.Line("mass += target[o];");
                    code.Line("if (target[o] != 0f) loss += target[o] * (logSum - logits[o]);");
                    code.Line("if (target[o] > target[wanted]) wanted = o;");
                }

                code.Line(map ? "total += loss;" : "step.Losses[n] = loss;");
                code.Line(map ? "right += best == wanted ? 1 : 0;" : "step.Correct[n] = best == wanted ? 1 : 0;");
            }
            else
            {
                code.Line(map ? $"int label = step.Labels[(nint)n * {head.Pixels} + pixel];" : "int label = step.Labels[n];");
                code.Line(map ? "total += logSum - logits[label];" : "step.Losses[n] = logSum - logits[label];");
                code.Line(map ? "right += best == label ? 1 : 0;" : "step.Correct[n] = best == label ? 1 : 0;");
            }
        }
    }
}
