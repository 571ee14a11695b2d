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
        var kernel = new CudaKernel("fold", 256, 4, 0);
        using (writer.Kernel(kernel, """
            // normalizations by running statistics, as prediction wants them, after parameters have changed; grid-stride, any grid
            //   scale = gamma / sqrt(variance + epsilon); weights w scale and biases beta + (b - mean) scale where a normalization has gone into the layer before it
            """, "const float* __restrict__ parameters, float* __restrict__ derived"))
        {
            writer.Code.Line("const int first = blockIdx.x * blockDim.x + threadIdx.x, stride = gridDim.x * blockDim.x;");
            var scaled = new HashSet<int>();
            foreach (Value value in graph.Values)
            {
                int At(int operand) => network.PredictParameters[value.Inputs[operand]].Offset;
                switch (value.Op)
                {
                    case Op.Normalize norm when scaled.Add(value.Inputs[3]):
                        int stored = Panels.Pad(graph[value.Inputs[3]].Shape[0]);
                        EmitLoop(writer, value.Name, stored, $"derived[{places.RunningScale(graph[value.Inputs[3]].Name)} + i] = {Scale(At(3), At(2), "i", norm.Epsilon)};");
                        break;
                    case Op.FoldedKernel folded:
                        PlacedParameter weights = network.PredictParameters[value.Inputs[0]];
                        int k = value.Shape[value.Shape.Rank - 1], panel = Panels.Width(Panels.Pad(k)), rows = weights.Floats / Panels.Pad(k);
                        EmitLoop(writer, value.Name, weights.Floats, $$"""
                            {
                                const int k = i / {{panel * rows}} * {{panel}} + i % {{panel}};
                                derived[{{places.Folded[value.Id]}} + i] = parameters[{{weights.Offset}} + i] * ({{Scale(At(2), At(1), "k", folded.Epsilon)}});
                            }
                            """);
                        break;
                    case Op.FoldedBias folded:
                        string shift = value.Inputs.Count > 4 ? $"parameters[{At(4)} + i] - parameters[{At(0)} + i]" : $"-parameters[{At(0)} + i]";
                        EmitLoop(writer, value.Name, Panels.Pad(value.Shape.Count), $"derived[{places.Folded[value.Id]} + i] = fmaf({shift}, {Scale(At(2), At(1), "i", folded.Epsilon)}, parameters[{At(3)} + i]);");
                        break;
                }
            }
        }

        return kernel;
    }

    private static string Scale(int gamma, int variance, string channel, double epsilon) =>
        $"parameters[{gamma} + {channel}] / sqrtf(parameters[{variance} + {channel}] + {CudaWriter.Literal(epsilon)})";

    private static void EmitLoop(CudaWriter writer, string name, int floats, string body)
    {
        writer.Code.Line($"// {name}");
        writer.Code.Line($"for (int i = first; i < {floats}; i += stride)");
        writer.Code.Line(body.StartsWith("{", StringComparison.Ordinal) ? body : "    " + body);
    }
}
