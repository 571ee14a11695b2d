using Convoke.Kernels.Graphs;
using Convoke.Kernels.Scheduling;

namespace Convoke.Kernels.Cuda;

/// <summary>What prediction needs of normalizations and training does not: their scales, or weights and biases into which they have gone.</summary>
public static class Fold
{
    public static CudaGrid Grid { get; } = CudaGrid.Of(64);

    /// <summary>Whether there is anything to do.</summary>
    public static bool IsNeeded(Graph predict) => predict.Values.Any(static v => v.Op is Op.Normalize or Op.FoldedKernel or Op.FoldedBias);

    public static CudaKernel Emit(CudaWriter writer, Network network, DerivedPlaces places)
    {
        Graph graph = network.PredictGraph;
        foreach (string helper in (IEnumerable<string>)["running_scale", .. graph.Values.Select(static v => HelperOf(v.Op)).OfType<string>().Distinct().OrderBy(static name => name, StringComparer.Ordinal)])
            writer.Helper(helper, Helpers[helper]);
        var kernel = new CudaKernel("fold", 256, 4, 0);
        using (writer.Kernel(kernel, """
            // normalizations by running statistics, as prediction wants them, after parameters have changed; grid-stride, any grid
            //   scale = gamma / sqrt(variance + epsilon); weights w scale and biases beta + (b - mean) scale where a normalization has gone into the layer before it
            """, "const float* __restrict__ parameters, float* __restrict__ derived"))
        {
            var scaled = new HashSet<int>();
            foreach (Value value in graph.Values)
            {
                string At(int operand) => $"parameters + {network.PredictParameters[value.Inputs[operand]].Offset}";
                switch (value.Op)
                {
                    case Op.Normalize norm when scaled.Add(value.Inputs[3]):
                        Value gamma = graph[value.Inputs[3]];
                        Call($"<{Panels.Pad(gamma.Shape[0])}>({At(3)}, {At(2)}, {CudaWriter.Literal(norm.Epsilon)}, derived + {places.RunningScale(gamma.Name)})");
                        break;
                    case Op.FoldedKernel folded:
                        PlacedParameter weights = network.PredictParameters[value.Inputs[0]];
                        int stored = Panels.Pad(value.Shape[value.Shape.Rank - 1]), panel = Panels.Width(stored);
                        Call($"<{weights.Floats}, {weights.Floats / stored}, {panel}>({At(0)}, {At(2)}, {At(1)}, {CudaWriter.Literal(folded.Epsilon)}, derived + {places.Folded[value.Id]})");
                        break;
                    case Op.FoldedBias folded:
                        string bias = value.Inputs.Count > 4 ? At(4) : "nullptr";
                        Call($"<{Panels.Pad(value.Shape.Count)}>({bias}, {At(0)}, {At(2)}, {At(1)}, {At(3)}, {CudaWriter.Literal(folded.Epsilon)}, derived + {places.Folded[value.Id]})");
                        break;
                }

                void Call(string arguments) => writer.Code.Line($"{HelperOf(value.Op)}{arguments};    // {value.Name}");
            }
        }

        return kernel;
    }

    private static string? HelperOf(Op op) => op switch { Op.Normalize => "fold_scale", Op.FoldedKernel => "fold_weights", Op.FoldedBias => "fold_bias", _ => null };

    private static readonly Dictionary<string, string> Helpers = new()
    {
        ["running_scale"] = """
            // of channel k
            __device__ __forceinline__ float running_scale(const float* __restrict__ gamma, const float* __restrict__ variance, int k, float epsilon)
            {
                return gamma[k] / sqrtf(variance[k] + epsilon);
            }
            """,
        ["fold_scale"] = """
            template <int FLOATS>
            __device__ __forceinline__ void fold_scale(const float* __restrict__ gamma, const float* __restrict__ variance, float epsilon, float* __restrict__ scale)
            {
                for (int k = blockIdx.x * blockDim.x + threadIdx.x; k < FLOATS; k += gridDim.x * blockDim.x) scale[k] = running_scale(gamma, variance, k, epsilon);
            }
            """,
        ["fold_weights"] = """
            // w f32[K / PANEL][ROWS][PANEL]
            template <int FLOATS, int ROWS, int PANEL>
            __device__ __forceinline__ void fold_weights(const float* __restrict__ w, const float* __restrict__ gamma, const float* __restrict__ variance, float epsilon, float* __restrict__ folded)
            {
                for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < FLOATS; i += gridDim.x * blockDim.x)
                    folded[i] = w[i] * running_scale(gamma, variance, i / (ROWS * PANEL) * PANEL + i % PANEL, epsilon);
            }
            """,
        ["fold_bias"] = """
            // of a layer without a bias: null
            template <int FLOATS>
            __device__ __forceinline__ void fold_bias(const float* __restrict__ bias, const float* __restrict__ mean, const float* __restrict__ gamma, const float* __restrict__ variance, const float* __restrict__ beta, float epsilon, float* __restrict__ folded)
            {
                for (int k = blockIdx.x * blockDim.x + threadIdx.x; k < FLOATS; k += gridDim.x * blockDim.x)
                    folded[k] = fmaf((bias ? bias[k] : 0.0f) - mean[k], running_scale(gamma, variance, k, epsilon), beta[k]);
            }
            """,
    };
}
