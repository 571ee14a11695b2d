using Convoke.Kernels.Models;
using Convoke.Kernels.Scheduling;

namespace Convoke.Kernels.Cuda;

/// <summary>The optimizer on gamma and beta, and the running statistics, a thread a channel: a part of the step's last launch.</summary>
public static class BatchNormUpdate
{
    /// <summary>Emits the part's function; layers of equal shape have one.</summary>
    /// <param name="writer">The writer.</param>
    /// <param name="name">Its name, where none is there yet.</param>
    /// <param name="group">The normalization.</param>
    /// <param name="vectors">Places of its vectors.</param>
    /// <param name="places">Places of its parameters.</param>
    /// <param name="optimizer">What gamma and beta learn by.</param>
    /// <param name="threads">Threads of a block.</param>
    /// <param name="emitted">Names of the functions that are there, by their text; a new one is added.</param>
    public static UpdatePart Emit(
        CudaWriter writer, string name, BatchNormUpdateGroup group, DerivedPlaces vectors, ParameterPlanner places, OptimizerSpec optimizer, int threads, Dictionary<string, string> emitted)
    {
        Optimizer.Emit(writer, optimizer);
        BatchNormParameters p = group.Parameters;
        int stored = Panels.Pad(group.Channels), blocks = (group.Channels + threads - 1) / threads, gamma = places[p.Gamma].Offset, first = vectors.Norm(group.Uses[0].Moments);
        string text = $$"""
            (int block, const Step* __restrict__ step, const float* __restrict__ norm, {{Optimizer.Parameters}}, int batch)
            {
                constexpr int CHANNELS = {{group.Channels}}, K = {{stored}}, BETA = {{From(p.Beta)}}, RUNNING_MEAN = {{From(p.RunningMean)}}, RUNNING_VARIANCE = {{From(p.RunningVariance)}};
                constexpr float RUNNING_GAIN = {{CudaWriter.Literal(p.Gain)}};
                const int k = block * {{threads}} + threadIdx.x;
                if (k >= CHANNELS) return;
                apply(step, k, {{Sum(NormVector.GammaGrad)}}, parameters, moment1, moment2, gradients);
                apply(step, BETA + k, {{Sum(NormVector.BetaGrad)}}, parameters, moment1, moment2, gradients);
                if (step->keep_gradients || step->bad) return;
                float& mean = parameters[RUNNING_MEAN + k];
                float& variance = parameters[RUNNING_VARIANCE + k];
                {{string.Join("\n", group.Uses.Select((_, use) => Move(use))).Replace("\n", "\n    ")}}
            }
            """;
        if (!emitted.TryGetValue(text, out string? function))
        {
            emitted[text] = function = name;
            writer.Helper(name, $"// a block of {group.Name}: gamma and beta, which norm's vectors have the gradients of, and behind them the running statistics\n__device__ __forceinline__ void {name}{text}");
        }

        string unbiased = p.UnbiasedRunning ? $", the variance by its unbiased estimate, m / (m - 1) of it, m = N * {string.Join(", ", group.Uses.Select(static u => u.Pixels))}" : "";
        string at = gamma == 0 ? "" : $" + {gamma}", moments = string.Join(", ", new[] { "moment1", "moment2" }.Select((area, i) => i < optimizer.Moments ? area + at : area));
        return new(
            $"{function}, {blocks} {(blocks == 1 ? "block" : "blocks")}, for {group.Name}: gamma and beta; running += gain (batch's - running){unbiased}{(group.Uses.Count > 1 ? $", for one of its {group.Uses.Count} calls after the other" : "")}, unless nothing is learned\n"
            + $"  norm f32[8][{stored}] at {first} of the derived layouts  gamma f32[{stored}] at {gamma} of the parameters; beta, running mean and variance stand behind it",
            blocks, 0, [], [], $"{function}(block, step, derived{(first == 0 ? "" : $" + {first}")}, parameters{at}, {moments}, gradients{at}, batch);");

        int From(int parameter) => places[parameter].Offset - gamma;

        string Of(int use, NormVector vector) => $"norm[{(use == 0 ? "" : $"{vectors.Norm(group.Uses[use].Moments) - first} + ")}{BatchNorm.At(vector)}]";

        string Sum(NormVector vector) => string.Join(" + ", Enumerable.Range(0, group.Uses.Count).Select(use => Of(use, vector)));

        string Move(int use)
        {
            string variance = Of(use, NormVector.Variance), number = use == 0 ? "" : use.ToString(System.Globalization.CultureInfo.InvariantCulture);
            string mean = $"mean = fmaf(RUNNING_GAIN, {Of(use, NormVector.Mean)} - mean, mean);\nvariance = fmaf(RUNNING_GAIN, {(p.UnbiasedRunning ? "unbiased" + number : variance)} - variance, variance);";
            return p.UnbiasedRunning
                ? $"const float m{number} = (float)batch * {group.Uses[use].Pixels}, unbiased{number} = m{number} > 1.0f ? {variance} * (m{number} / (m{number} - 1.0f)) : {variance};\n{mean}"
                : mean;
        }
    }
}
