using Convoke.Kernels.Models;
using Convoke.Kernels.Scheduling;

namespace Convoke.Kernels.Cuda;

/// <summary>The optimizer on gamma and beta, and the running statistics: a thread a channel.</summary>
public static class BatchNormUpdate
{
    private const int Threads = 128;

    public static CudaGrid Grid(BatchNormUpdateGroup group) => CudaGrid.Of((group.Channels + Threads - 1) / Threads);

    public static CudaKernel Emit(CudaWriter writer, string name, string layer, BatchNormUpdateGroup group, ParameterPlanner places, OptimizerSpec optimizer)
    {
        Optimizer.Emit(writer, optimizer);
        BatchNormParameters p = group.Parameters;
        int stored = Panels.Pad(group.Channels);
        var kernel = new CudaKernel(name, Threads, 8, 0);
        using (writer.Kernel(kernel, $"""
            // {group.Name} update  <- {layer}
            //   the optimizer on gamma and beta; running += gain (batch's - running){(p.UnbiasedRunning ? ", the variance by its unbiased estimate, m / (m - 1) of it, m = N * " + group.Pixels : "")}, unless nothing is learned
            //   norm f32[8][{stored}]  parameters, moments and gradients begin at gamma; beta, running mean and variance f32[{stored}] stand behind it; thread = a channel
            """, "const Step* __restrict__ step, const float* __restrict__ norm", Optimizer.Parameters + (p.UnbiasedRunning ? ", int batch" : "")))
        {
            writer.Code.Line($$"""
                constexpr int CHANNELS = {{group.Channels}}, K = {{stored}}, BETA = {{From(p.Beta)}}, RUNNING_MEAN = {{From(p.RunningMean)}}, RUNNING_VARIANCE = {{From(p.RunningVariance)}};
                constexpr float RUNNING_GAIN = {{CudaWriter.Literal(p.Gain)}};
                const int k = blockIdx.x * {{Threads}} + threadIdx.x;
                if (k >= CHANNELS) return;
                apply(step, k, norm[{{(int)NormVector.GammaGrad}} * K + k], parameters, moment1, moment2, gradients);
                apply(step, BETA + k, norm[{{(int)NormVector.BetaGrad}} * K + k], parameters, moment1, moment2, gradients);
                if (step->keep_gradients || step->bad) return;
                float& mean = parameters[RUNNING_MEAN + k];
                float& variance = parameters[RUNNING_VARIANCE + k];
                {{(p.UnbiasedRunning ? $"const float m = (float)batch * {group.Pixels}, unbiased = m > 1.0f ? norm[K + k] * (m / (m - 1.0f)) : norm[K + k];\n" : "")}}mean = fmaf(RUNNING_GAIN, norm[k] - mean, mean);
                variance = fmaf(RUNNING_GAIN, {{(p.UnbiasedRunning ? "unbiased" : "norm[K + k]")}} - variance, variance);
                """);
        }

        return kernel;

        int From(int parameter) => places[parameter].Offset - places[p.Gamma].Offset;
    }

    /// <summary>All areas from gamma on: layers of equal shape then have one kernel.</summary>
    public static IEnumerable<CudaArgument?> Arguments(LaunchBuilder to, BatchNormUpdateGroup group, int norm, ParameterPlanner places, OptimizerSpec optimizer) =>
        [to.Step, new(CudaArea.Derived, norm), .. Optimizer.Arguments(optimizer).Select(a => a.Area == CudaArea.None ? a : a with { OffsetFloats = places[group.Parameters.Gamma].Offset }), group.Parameters.UnbiasedRunning ? to.Count : null];
}
