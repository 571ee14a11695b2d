using Convoke.Kernels.Models;

namespace Convoke.Kernels.Cuda;

/// <summary>The optimizer step as a kernel's epilogue: one parameter whose gradient was just summed, or that gradient's way into its own area.</summary>
public static class Optimizer
{
    /// <summary>Parameters that a kernel with this epilogue takes.</summary>
    public const string Parameters = "float* __restrict__ parameters, float* __restrict__ moment1, float* __restrict__ moment2, float* __restrict__ gradients";

    /// <summary>Their arguments.</summary>
    public static IEnumerable<CudaArgument> Arguments(OptimizerSpec optimizer)
    {
        bool moments = optimizer is AdamSpec;
        return [new(CudaArea.Parameters), new(moments ? CudaArea.Moment1 : CudaArea.None), new(moments ? CudaArea.Moment2 : CudaArea.None), new(CudaArea.Gradients)];
    }

    /// <summary>Emits learn(step, w, g, m, v) and apply(step, at, g, areas).</summary>
    public static void Emit(CudaWriter writer, OptimizerSpec optimizer)
    {
        writer.Helper("learn", optimizer switch
        {
            AdamSpec { Form: EpsilonForm.BeforeCorrection } adam => $$"""
                // Adam (Kingma and Ba 2015, section 2): m += (1-b1)(g - m); v += (1-b2)(g^2 - v); w -= rate sqrt(1-b2^t)/(1-b1^t) m / (sqrt v + eps)
                {{Body(adam, "sqrtf(v)")}}
                """,
            AdamSpec adam => $$"""
                // Adam (Kingma and Ba 2015, algorithm 1): m += (1-b1)(g - m); v += (1-b2)(g^2 - v); w -= rate/(1-b1^t) m / (sqrt(v/(1-b2^t)) + eps)
                {{Body(adam, "sqrtf(v) * step->second_moment_scale")}}
                """,
            _ => """
                // SGD: w -= rate g
                __device__ __forceinline__ float learn(const Step* __restrict__ step, float w, float g)
                {
                    return w - step->step_size * g;
                }
                """,
        });
        string call = optimizer is AdamSpec ? "learn(step, parameters[at], g, moment1[at], moment2[at])" : "learn(step, parameters[at], g)";
        writer.Helper("apply", $$"""
            // takes the step for parameter at, or keeps its gradient; returns the parameter's value
            __device__ __forceinline__ float apply(const Step* __restrict__ step, int at, float g, {{Parameters}})
            {
                if (step->keep_gradients) gradients[at] = g;
                else if (!step->bad) parameters[at] = {{call}};
                return parameters[at];
            }
            """);
    }

    private static string Body(AdamSpec adam, string root) => $$"""
        __device__ __forceinline__ float learn(const Step* __restrict__ step, float w, float g, float& m, float& v)
        {
            constexpr float GAIN1 = {{CudaWriter.Literal(1 - adam.Beta1)}}, GAIN2 = {{CudaWriter.Literal(1 - adam.Beta2)}}, EPSILON = {{CudaWriter.Literal(adam.Epsilon)}};
            m = fmaf(GAIN1, g - m, m);
            v = fmaf(GAIN2, g * g - v, v);
            return w - step->step_size * m / ({{root}} + EPSILON);
        }
        """;
}
