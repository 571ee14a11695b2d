using Convoke.Kernels.Models;
using Convoke.Kernels.Scheduling;

namespace Convoke.Kernels.Cpu;

/// <summary>The end of the network, a row of logits at a time: softmax, cross-entropy, its gradient, and whether the largest logit is the target's.</summary>
public static class Head
{
    /// <summary>Emits HeadTrain(step, first, count, logits, dLogits).</summary>
    public static void EmitTrain(KernelWriter writer, string name, HeadGroup head)
    {
        if (head.IsByElement)
        {
            ElementHead.EmitTrain(writer, name, head);
            return;
        }

        Emission.CodeWriter code = writer.Code;
        int stored = Panels.Pad(head.Classes);
        bool map = head.Pixels > 1, rows = head.Loss!.Kind.TakesRows();
        string share = Share(head);
        code.Line();
        code.Line(map
            ? $"// {Subject(head)}of each of {head.Pixels} pixels: loss = sum(o) t[o] (log sum(j) exp z[j] - z[o]);  dz = {Weight(head)}(softmax(z) sum(t) - t) / (N pixels); a sample's loss is the mean"
            : $"// {Subject(head)}loss = sum(o) t[o] (log sum(j) exp z[j] - z[o]);  dz = {Weight(head)}(softmax(z) sum(t) - t) / N");
        using (code.Block($"private static void {name}(StepContext step, int first, int count, float* logits, float* dLogits)"))
        {
            code.Line($"float* e = stackalloc float[{stored}];");
            string inverse = share.Length > 0 ? "inverse" : "step.InverseN";
            if (share.Length > 0) code.Line($"float inverse = step.InverseN{share};");
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

    /// <summary>What a sample's gradient has beside 1 / N: " * 0.5f", or nothing.</summary>
    public static string Share(HeadGroup head)
    {
        double share = head.Loss!.Weight / (head.IsByElement ? head.Elements : head.Pixels);
        return share == 1 ? "" : $" * {Emission.CodeWriter.Literal(share)}";
    }

    /// <summary>Which output it is, for comments; nothing where there is one only.</summary>
    public static string Subject(HeadGroup head) => head.Name == "head" ? "" : head.Name.Substring("head_".Length) + ": ";

    /// <summary>A weight, for comments.</summary>
    public static string Weight(HeadGroup head) => head.Loss!.Weight == 1 ? "" : FormattableString.Invariant($"{head.Loss.Weight} ");

    /// <summary>Emits HeadPredict(step, first, count, logits).</summary>
    public static void EmitPredict(KernelWriter writer, string name, HeadGroup head)
    {
        if (head.IsByElement)
        {
            ElementHead.EmitPredict(writer, name, head);
            return;
        }

        Emission.CodeWriter code = writer.Code;
        int stored = Panels.Pad(head.Classes);
        code.Line();
        code.Line($"// {Subject(head)}output = {head.Output switch { ActivationKind.Softmax => "softmax(z)", ActivationKind.LogSoftmax => "z - log sum exp z", _ => "z" }}{(head.Pixels > 1 ? $", of each of {head.Pixels} pixels" : "")}");
        using (code.Block($"private static void {name}(StepContext step, int first, int count, float* logits)"))
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
                    code.Line(head.Pixels == 1 ? $"float* output = step.Output + {Row(head.Place.Outputs, head.Place.Output)};"
                        : $"float* output = step.Output + ({Row(head.Place.Outputs, head.Place.Output)} + {(head.ChannelsFirst ? "pixel" : $"pixel * {head.Classes}")});");
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

    /// <summary>The place of this output's part of sample n: "(nint)n * 10 + 4".</summary>
    public static string Row(int length, int first) => $"(nint)n * {length}{(first == 0 ? "" : $" + {first}")}";

    /// <summary>Where sample n's loss goes.</summary>
    public static string Loss(HeadPlace place) => place.Losses == 1 ? "step.Losses[n]" : $"step.Losses[{Row(place.Losses, place.Loss)}]";

    /// <summary>A map has a row of logits per pixel, whose losses and right answers add up.</summary>
    private static LossSums? PixelLoop(Emission.CodeWriter code, HeadGroup head, string measured)
    {
        if (head.Pixels == 1) return null;
        if (head.Loss is not null) code.Line("double total = 0;");
        if (head.Place.Counts) code.Line("int right = 0;");
        return new(code, code.Block($"for (int pixel = 0; pixel < {head.Pixels}; pixel++)"), head, measured);
    }

    private sealed class LossSums(Emission.CodeWriter code, IDisposable loop, HeadGroup head, string measured) : IDisposable
    {
        public void Dispose()
        {
            loop.Dispose();
            if (head.Loss is null) return;
            string guard = measured == "true" ? "" : $"if ({measured}) ";
            code.Line($"{guard}{Loss(head.Place)} = (float)(total / {head.Pixels});");
            if (head.Place.Counts) code.Line($"{guard}step.Correct[n] = right;");
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
            string counted = head.Place.Counts ? map ? "right += " : "step.Correct[n] = " : "";
            if (head.Loss!.Kind.TakesRows())
            {
                code.Line(head.Place is { Target: 0 } && head.Place.Targets == head.Elements
                    ? map ? $"float* target = step.Targets + ((nint)n * {head.Pixels} + pixel) * {head.Classes};" : $"float* target = step.Targets + (nint)n * {head.Classes};"
                    : $"float* target = step.Targets + ({Row(head.Place.Targets, head.Place.Target)}{(map ? $" + pixel * {head.Classes}" : "")});");
                code.Line("float loss = 0f, mass = 0f;");
                if (head.Place.Counts) code.Line("int wanted = 0;");
                using (code.Block($"for (int o = 0; o < {head.Classes}; o++)"))
                {
                    code.Line("mass += target[o];");
                    code.Line("if (target[o] != 0f) loss += target[o] * (logSum - logits[o]);");
                    if (head.Place.Counts) code.Line("if (target[o] > target[wanted]) wanted = o;");
                }

                code.Line(map ? "total += loss;" : $"{Loss(head.Place)} = loss;");
                if (head.Place.Counts) code.Line(counted + "best == wanted ? 1 : 0;");
            }
            else
            {
                code.Line($"int label = step.Labels[{(head.Place.Labels == 1 ? "n" : Row(head.Place.Labels, head.Place.Label))}{(map ? " + pixel" : "")}];");
                code.Line(map ? "total += logSum - logits[label];" : $"{Loss(head.Place)} = logSum - logits[label];");
                if (head.Place.Counts) code.Line(counted + "best == label ? 1 : 0;");
            }
        }
    }
}
