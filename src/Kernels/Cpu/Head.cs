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
        code.Line();
        code.Line("// loss = sum(o) t[o] (log sum(j) exp z[j] - z[o]);  dz = (softmax(z) sum(t) - t) / N");
        using (code.Block("private static void HeadTrain(StepContext step, int first, int count, float* logits, float* dLogits)"))
        {
            code.Line($"float* e = stackalloc float[{stored}];");
            using (code.Block("for (int n = first; n < first + count; n++)"))
            {
                EmitLoss(writer, head, guarded: false);
                bool rows = head.Loss == LossKind.CategoricalCrossentropy;
                code.Line($"F scale = V.Create(step.InverseN{(rows ? " * mass" : "")} / sum);");
                code.Line($"for (int o = 0; o < {stored}; o += {writer.Lanes}) (V.Load(e + o) * scale).Store(dLogits + o);");
                code.Line(rows ? $"for (int o = 0; o < {head.Classes}; o++) dLogits[o] -= step.InverseN * target[o];" : "dLogits[label] -= step.InverseN;");
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
        code.Line(head.Softmax ? "// output = softmax(z)" : "// output = z");
        using (code.Block("private static void HeadPredict(StepContext step, int first, int count, float* logits)"))
        {
            if (head.Softmax || head.Loss is not null) code.Line($"float* e = stackalloc float[{stored}];");
            using (code.Block("for (int n = first; n < first + count; n++)"))
            {
                if (head.Loss is not null) EmitLoss(writer, head, guarded: true);
                else if (head.Softmax) EmitExponentials(writer, head);
                using (code.Block("if (step.Output != null)"))
                {
                    code.Line($"float* output = step.Output + (nint)n * {head.Classes};");
                    code.Line(head.Softmax
                        ? $"for (int o = 0; o < {head.Classes}; o++) output[o] = e[o] / sum;"
                        : $"new Span<float>(logits, {head.Classes}).CopyTo(new Span<float>(output, {head.Classes}));");
                }

                code.Line($"logits += {stored};");
            }
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
        EmitExponentials(writer, head);
        using (guarded ? code.Block("if (step.Losses != null)") : null)
        {
            code.Line("float logSum = max + MathF.Log(sum);");
            if (head.Loss == LossKind.CategoricalCrossentropy)
            {
                code.Line($"float* target = step.Targets + (nint)n * {head.Classes};");
                code.Line("float loss = 0f, mass = 0f;");
                code.Line("int wanted = 0;");
                using (code.Block($"for (int o = 0; o < {head.Classes}; o++)"))
                {
                    code.Line("mass += target[o];");
                    code.Line("if (target[o] != 0f) loss += target[o] * (logSum - logits[o]);");
                    code.Line("if (target[o] > target[wanted]) wanted = o;");
                }

                code.Line("step.Losses[n] = loss;");
                code.Line("step.Correct[n] = best == wanted ? 1 : 0;");
            }
            else
            {
                code.Line("int label = step.Labels[n];");
                code.Line("step.Losses[n] = logSum - logits[label];");
                code.Line("step.Correct[n] = best == label ? 1 : 0;");
            }
        }
    }
}
