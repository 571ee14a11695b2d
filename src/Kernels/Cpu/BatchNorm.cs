using Convoke.Kernels.Scheduling;

namespace Convoke.Kernels.Cpu;

/// <summary>Statistics of batch normalization: sums over one image into the task's partial, and over all tasks once they have met.</summary>
/// <remarks>Applying them is <see cref="PointwiseMap"/>'s. A lane is a channel, so that every vector width yields the same bits.</remarks>
public static class BatchNorm
{
    /// <summary>Emits <paramref name="name"/>(x, partial, seen): moments of one image, merged with those of the <c>seen</c> images that the task had before.</summary>
    public static void EmitMoments(KernelWriter writer, string name, BatchMomentsGroup group)
    {
        Emission.CodeWriter code = writer.Code;
        ValueStorage x = group.Extent;
        code.Line();
        code.Line($"// {group.Name}: mean and sum of squared deviations of each channel of f32[{x.Rows},{x.Columns},{x.Stored}], merged by Chan, Golub and LeVeque (1979)");
        code.Line("[MethodImpl(Hot)]");
        using (code.Block($"private static void {name}(float* x, float* partial, int seen)"))
        {
            code.Line($"F before = V.Create(seen / (seen + 1f) * {x.Pixels}f), share = V.Create(1f / (seen + 1));");
            using (code.Block($"for (int c = 0; c < {x.Stored}; c += {writer.Lanes})"))
            {
                if (x.Pixels == 1) code.Line("F mean = V.Load(x + c), deviations = F.Zero;");
                else
                {
                    code.Line("F mean = F.Zero, deviations = F.Zero;");
                    code.Line($"for (int at = c; at < {x.Count}; at += {x.Stored}) mean += V.Load(x + at);");
                    code.Line($"mean *= V.Create({Emission.CodeWriter.Literal(1.0 / x.Pixels)});");
                    using (code.Block($"for (int at = c; at < {x.Count}; at += {x.Stored})"))
                    {
                        code.Line("F d = V.Load(x + at) - mean;");
                        code.Line($"deviations = V.{writer.Target.MultiplyAdd}(d, d, deviations);");
                    }
                }

                using (code.Block("if (seen > 0)"))
                {
                    code.Line($"F had = V.Load(partial + c), delta = mean - had;");
                    code.Line($"deviations += V.Load(partial + {x.Stored} + c) + delta * delta * before;");
                    code.Line("mean = had + delta * share;");
                }

                code.Line($"mean.Store(partial + c);");
                code.Line($"deviations.Store(partial + {x.Stored} + c);");
            }
        }
    }

    /// <summary>Emits <paramref name="name"/>(step): the batch's mean, variance and scale.</summary>
    public static void EmitCombineMoments(KernelWriter writer, string name, BatchMomentsGroup group, PlacedParameter gamma, NormPlace place, int partialFloats)
    {
        Emission.CodeWriter code = writer.Code;
        int stored = group.Extent.Stored;
        code.Line();
        code.Line($"// {group.Name}: the tasks' moments merged in order; scale = gamma / sqrt(variance + epsilon)");
        using (code.Block($"private static void {name}(StepContext step)"))
        {
            code.Line($"float* vectors = step.Derived + {place.Derived}, gamma = step.Parameters + {gamma.Offset};");
            using (code.Block($"for (int c = 0; c < {stored}; c += {writer.Lanes})"))
            {
                code.Line($"float* partial = step.Partials + {place.Partial} + c;");
                code.Line($"F mean = V.Load(partial), deviations = V.Load(partial + {stored});");
                code.Line("int images = FirstSample(step.N, step.Tasks, 1);");
                using (code.Block("for (int task = 1; task < step.Tasks; task++)"))
                {
                    code.Line($"partial += {partialFloats};");
                    code.Line("int own = FirstSample(step.N, step.Tasks, task + 1) - images, all = images + own;");
                    code.Line("F delta = V.Load(partial) - mean;");
                    code.Line($"deviations += V.Load(partial + {stored}) + delta * delta * V.Create((float)((double)images * own / all) * {group.Extent.Pixels}f);");
                    code.Line("mean += delta * V.Create((float)own / all);");
                    code.Line("images = all;");
                }

                code.Line($"F variance = deviations / V.Create({group.Extent.Pixels}f * step.N);");
                Store(code, "mean", NormVector.Mean, stored);
                Store(code, "variance", NormVector.Variance, stored);
                Store(code, $"(V.Load(gamma + c) / V.Sqrt(variance + V.Create({Emission.CodeWriter.Literal(group.Parameters.Epsilon)})))", NormVector.Scale, stored);
            }
        }
    }

    /// <summary>Emits <paramref name="name"/>(dy, x, mean, partial, seen): adds one image's sums.</summary>
    public static void EmitSums(KernelWriter writer, string name, BatchNormSumsGroup group)
    {
        Emission.CodeWriter code = writer.Code;
        ValueStorage x = group.Extent;
        code.Line();
        code.Line($"// {group.Name}: sums of dy and of dy (x - mean) of each channel of f32[{x.Rows},{x.Columns},{x.Stored}]");
        code.Line("[MethodImpl(Hot)]");
        using (code.Block($"private static void {name}(float* dy, float* x, float* mean, float* partial, int seen)"))
        using (code.Block($"for (int c = 0; c < {x.Stored}; c += {writer.Lanes})"))
        {
            code.Line("F m = V.Load(mean + c), sum = F.Zero, product = F.Zero;");
            using (code.Block($"for (int at = c; at < {x.Count}; at += {x.Stored})"))
            {
                code.Line("F d = V.Load(dy + at);");
                code.Line("sum += d;");
                code.Line($"product = V.{writer.Target.MultiplyAdd}(d, V.Load(x + at) - m, product);");
            }

            using (code.Block("if (seen > 0)"))
            {
                code.Line("sum += V.Load(partial + c);");
                code.Line($"product += V.Load(partial + {x.Stored} + c);");
            }

            code.Line("sum.Store(partial + c);");
            code.Line($"product.Store(partial + {x.Stored} + c);");
        }
    }

    /// <summary>Emits <paramref name="name"/>(step): what the gradient of x needs of the sums, and the gradients of gamma and beta.</summary>
    public static void EmitCombineSums(KernelWriter writer, string name, BatchNormSumsGroup group, NormPlace place, int partialFloats)
    {
        Emission.CodeWriter code = writer.Code;
        int stored = group.Extent.Stored;
        code.Line();
        code.Line($"// {group.Name}: the tasks' sums in order; with m elements a channel and r = 1 / sqrt(variance + epsilon)");
        using (code.Block($"private static void {name}(StepContext step)"))
        {
            code.Line($"float* vectors = step.Derived + {place.Derived};");
            code.Line($"F inverse = V.Create(1f / ({group.Extent.Pixels}f * step.N));");
            using (code.Block($"for (int c = 0; c < {stored}; c += {writer.Lanes})"))
            {
                code.Line($"float* partial = step.Partials + {place.Partial + (2 * stored)} + c;");
                code.Line($"F sum = V.Load(partial), product = V.Load(partial + {stored});");
                using (code.Block("for (int task = 1; task < step.Tasks; task++)"))
                {
                    code.Line($"partial += {partialFloats};");
                    code.Line($"sum += V.Load(partial); product += V.Load(partial + {stored});");
                }

                code.Line($"F r = F.One / V.Sqrt(V.Load(vectors + {NormVectors.Offset(NormVector.Variance, stored)} + c) + V.Create({Emission.CodeWriter.Literal(group.Parameters.Epsilon)}));");
                Store(code, "(sum * inverse)", NormVector.GradMean, stored);
                Store(code, "(r * r * product * inverse)", NormVector.GradSlope, stored);
                Store(code, "(r * product)", NormVector.GammaGrad, stored);
                Store(code, "sum", NormVector.BetaGrad, stored);
            }
        }
    }

    /// <summary>Emits <paramref name="name"/>(step): the optimizer, and the running statistics unless only gradients are wanted.</summary>
    public static void EmitUpdate(KernelWriter writer, string name, string? derive, BatchNormUpdateGroup group, ParameterPlanner places)
    {
        Emission.CodeWriter code = writer.Code;
        BatchNormParameters p = group.Parameters;
        int stored = Panels.Pad(group.Channels);
        string Vector(int use, NormVector vector) => $"vectors{(use == 0 ? "" : use.ToString(System.Globalization.CultureInfo.InvariantCulture))} + {NormVectors.Offset(vector, stored)}";
        string Sum(NormVector vector) => string.Join(" + ", Enumerable.Range(0, group.Uses.Count).Select(use => $"V.Load({Vector(use, vector)} + c)"));
        code.Line();
        code.Line($"// {group.Name}: gamma, beta; running statistics move by {Emission.CodeWriter.Literal(p.Gain)} of the way{(p.UnbiasedRunning ? ", the variance to its unbiased estimate" : "")}");
        using (code.Block($"private static void {name}(StepContext step)"))
        {
            code.Line($"float* {string.Join(", ", group.Uses.Select((u, i) => $"vectors{(i == 0 ? "" : i.ToString(System.Globalization.CultureInfo.InvariantCulture))} = step.Derived + {places.Norm(u.Moments).Derived}"))};");
            if (group.Uses.Count > 1)
            {
                // The first call's gradients become the sums: nothing reads them alone any more.
                using (code.Block($"for (int c = 0; c < {stored}; c += {writer.Lanes})"))
                    foreach (NormVector gradient in new[] { NormVector.GammaGrad, NormVector.BetaGrad }) code.Line($"({Sum(gradient)}).Store({Vector(0, gradient)} + c);");
            }

            code.Line($"Apply(step, {places[p.Gamma].Offset}, {Vector(0, NormVector.GammaGrad)}, {stored});");
            code.Line($"Apply(step, {places[p.Beta].Offset}, {Vector(0, NormVector.BetaGrad)}, {stored});");
            code.Line("if (step.Gradients != null) return;");
            code.Line($"float* mean = step.Parameters + {places[p.RunningMean].Offset}, variance = step.Parameters + {places[p.RunningVariance].Offset};");
            for (int use = 0; use < group.Uses.Count; use++)
            {
                code.Line($"{(use == 0 ? "double " : "")}count = {group.Uses[use].Pixels}.0 * step.N;");
                code.Line($"{(use == 0 ? $"F gain = V.Create({Emission.CodeWriter.Literal(p.Gain)}), " : "")}estimate = V.Create({(p.UnbiasedRunning ? "count > 1 ? (float)(count / (count - 1)) : 1f" : "1f")});");
                using (code.Block($"for (int c = 0; c < {stored}; c += {writer.Lanes})"))
                {
                    code.Line($"(V.Load(mean + c) + gain * (V.Load({Vector(use, NormVector.Mean)} + c) - V.Load(mean + c))).Store(mean + c);");
                    code.Line($"(V.Load(variance + c) + gain * (V.Load({Vector(use, NormVector.Variance)} + c) * estimate - V.Load(variance + c))).Store(variance + c);");
                }
            }

            if (derive is not null) code.Line($"{derive}(step);");
        }
    }

    /// <summary>Emits <paramref name="name"/>(step): the scale of prediction.</summary>
    public static void EmitDerive(KernelWriter writer, string name, string layer, int channels, double epsilon, PlacedParameter gamma, PlacedParameter variance)
    {
        Emission.CodeWriter code = writer.Code;
        int stored = Panels.Pad(channels);
        code.Line();
        code.Line($"// {layer}: scale of prediction = gamma / sqrt(running variance + epsilon)");
        using (code.Block($"private static void {name}(StepContext step)"))
        {
            code.Line($"float* gamma = step.Parameters + {gamma.Offset}, variance = step.Parameters + {variance.Offset}, scale = step.Derived + {gamma.Derived + NormVectors.Offset(NormVector.RunningScale, stored)};");
            code.Line($"for (int c = 0; c < {stored}; c += {writer.Lanes}) (V.Load(gamma + c) / V.Sqrt(V.Load(variance + c) + V.Create({Emission.CodeWriter.Literal(epsilon)}))).Store(scale + c);");
        }
    }

    private static void Store(Emission.CodeWriter code, string value, NormVector vector, int stored) =>
        code.Line($"{value}.Store(vectors + {NormVectors.Offset(vector, stored)} + c);");
}
