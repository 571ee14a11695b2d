using Convoke.Kernels.KernelIr;
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
        int moments = optimizer.Moments;
        return [new(CudaArea.Parameters), new(moments > 0 ? CudaArea.Moment1 : CudaArea.None), new(moments > 1 ? CudaArea.Moment2 : CudaArea.None), new(CudaArea.Gradients)];
    }

    /// <summary>Emits learn(step, w, g, m, v) and apply(step, at, g, areas).</summary>
    public static void Emit(CudaWriter writer, OptimizerSpec optimizer)
    {
        Pointwise step = OptimizerStep.Of(optimizer);
        var printer = new CudaPrinter(static name => name switch { "rate" => "step->step_size", "scale" => "step->second_moment_scale", _ => name }) { IsFast = true };
        string[] lines = [
            .. step.Constants.Count == 0 ? [] : new[] { "constexpr float " + string.Join(", ", step.Constants.Select(static c => $"{c.Name.ToUpperInvariant()} = {CudaWriter.Literal(c.Value)}")) + ";" },
            .. step.Body.Where(static a => a.Target != "w").Select(printer.Print),
            $"return {printer.Print(step.Body.Single(static a => a.Target == "w").Value)};",
        ];
        if (optimizer.Moments > 1)
        {
            writer.Helper("fast_root", """
                // the root of x to within two units in the last place
                __device__ __forceinline__ float fast_root(float x)
                {
                    float root;
                    asm("sqrt.approx.f32 %0, %1;" : "=f"(root) : "f"(x));
                    return root;
                }
                """);
        }

        writer.Helper("learn", $$"""
            // {{step.Comment}}
            __device__ __forceinline__ float learn(const Step* __restrict__ step, float w, float g{{string.Concat(new[] { ", float& m", ", float& v" }.Take(optimizer.Moments))}})
            {
                {{string.Join("\n    ", lines)}}
            }
            """);
        writer.Helper("apply", $$"""
            // takes the step for parameter at, or keeps its gradient; returns the parameter's value
            __device__ __forceinline__ float apply(const Step* __restrict__ step, int at, float g, {{Parameters}})
            {
                if (step->keep_gradients) gradients[at] = g;
                else if (!step->bad) parameters[at] = learn(step, parameters[at], g{{string.Concat(new[] { ", moment1[at]", ", moment2[at]" }.Take(optimizer.Moments))}});
                return parameters[at];
            }
            """);
    }
}
