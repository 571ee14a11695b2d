using Convoke.Kernels.Models;
using Convoke.Kernels.Scheduling;

namespace Convoke.Kernels.Cuda;

/// <summary>The optimizer on gamma and beta, and the running statistics: a thread a channel.</summary>
public static class BatchNormUpdate
{
    private const int Threads = 128;

    public static CudaGrid Grid(BatchNormUpdateGroup group) => CudaGrid.Of((group.Channels + Threads - 1) / Threads);

    public static CudaKernel Emit(CudaWriter writer, string name, string layer, BatchNormUpdateGroup group, DerivedPlaces vectors, ParameterPlanner places, OptimizerSpec optimizer)
    {
        Optimizer.Emit(writer, optimizer);
        BatchNormParameters p = group.Parameters;
        int stored = Panels.Pad(group.Channels);
        var kernel = new CudaKernel(name, Threads, 8, 0);
        int first = vectors.Norm(group.Uses[0].Moments);
        string Of(int use, NormVector vector) => $"norm[{(use == 0 ? "" : $"{vectors.Norm(group.Uses[use].Moments) - first} + ")}{(vector == 0 ? "k" : (int)vector == 1 ? "K + k" : $"{(int)vector} * K + k")}]";
        string Sum(NormVector vector) => string.Join(" + ", Enumerable.Range(0, group.Uses.Count).Select(use => Of(use, vector)));
        using (writer.Kernel(kernel, $"""
            // {group.Name} update  <- {layer}
            //   the optimizer on gamma and beta; running += gain (batch's - running){(p.UnbiasedRunning ? ", the variance by its unbiased estimate, m / (m - 1) of it, m = N * " + string.Join(", ", group.Uses.Select(static u => u.Pixels)) : "")}{(group.Uses.Count > 1 ? $", for one of its {group.Uses.Count} calls after the other" : "")}, unless nothing is learned
            //   norm f32[8][{stored}]  parameters, moments and gradients begin at gamma; beta, running mean and variance f32[{stored}] stand behind it; thread = a channel
            """, "const Step* __restrict__ step, const float* __restrict__ norm", Optimizer.Parameters + (p.UnbiasedRunning ? ", int batch" : "")))
        {
            writer.Code.Line($$"""
                constexpr int CHANNELS = {{group.Channels}}, K = {{stored}}, BETA = {{From(p.Beta)}}, RUNNING_MEAN = {{From(p.RunningMean)}}, RUNNING_VARIANCE = {{From(p.RunningVariance)}};
                constexpr float RUNNING_GAIN = {{CudaWriter.Literal(p.Gain)}};
                const int k = blockIdx.x * {{Threads}} + threadIdx.x;
                if (k >= CHANNELS) return;
                apply(step, k, {{Sum(NormVector.GammaGrad)}}, parameters, moment1, moment2, gradients);
                apply(step, BETA + k, {{Sum(NormVector.BetaGrad)}}, parameters, moment1, moment2, gradients);
                if (step->keep_gradients || step->bad) return;
                float& mean = parameters[RUNNING_MEAN + k];
                float& variance = parameters[RUNNING_VARIANCE + k];
                """);
            for (int use = 0; use < group.Uses.Count; use++)
            {
                string variance = Of(use, NormVector.Variance), number = use == 0 ? "" : use.ToString(System.Globalization.CultureInfo.InvariantCulture);
                if (p.UnbiasedRunning) writer.Code.Line($"const float m{number} = (float)batch * {group.Uses[use].Pixels}, unbiased{number} = m{number} > 1.0f ? {variance} * (m{number} / (m{number} - 1.0f)) : {variance};");
                writer.Code.Line($"mean = fmaf(RUNNING_GAIN, {Of(use, NormVector.Mean)} - mean, mean);");
                writer.Code.Line($"variance = fmaf(RUNNING_GAIN, {(p.UnbiasedRunning ? "unbiased" + number : variance)} - variance, variance);");
            }
        }

        return kernel;

        int From(int parameter) => places[parameter].Offset - places[p.Gamma].Offset;
    }

    /// <summary>All areas from gamma on: layers of equal shape then have one kernel.</summary>
    public static IEnumerable<CudaArgument?> Arguments(LaunchBuilder to, BatchNormUpdateGroup group, int norm, ParameterPlanner places, OptimizerSpec optimizer) =>
        [to.Step, new(CudaArea.Derived, norm), .. Optimizer.Arguments(optimizer).Select(a => a.Area == CudaArea.None ? a : a with { OffsetFloats = places[group.Parameters.Gamma].Offset }), group.Parameters.UnbiasedRunning ? to.Count : null];
}
