using Convoke.Kernels;
using Convoke.Kernels.Cuda.TensorCores;
using Convoke.Kernels.Graphs;
using Convoke.Kernels.Models;
using SpecPrecision = Convoke.Kernels.Models.Precision;

namespace Convoke.Cuda.Tests.Kernels;

/// <summary>What the kernels for tensor cores make of the factors of their products, so that a difference from the interpreter is one of places and not of rounding.</summary>
internal static class TensorProducts
{
    private const int WideLayer = 1024, NarrowFilter = 17, WideFilter = 64;

    /// <summary>The rounding of each product of a graph, by the factor's place among its inputs.</summary>
    public static Func<Value, int, double, double> Of(CompiledModel model, Graph graph)
    {
        SpecPrecision precision = model.Spec.Precision;
        HashSet<int> fused = [.. graph.Values.Where(IsFused).Select(static value => value.Id)];
        HashSet<int> exact = [.. graph.Values.Where(value => (IsExact(graph, value, precision) && !fused.Contains(value.Id)) || IsPartOfSecond(value) || IsBehindWideHead(value)).Select(static value => value.Id)];
        return (value, factor, x) => exact.Contains(value.Id) ? x
            : precision == SpecPrecision.Float16 ? IsGradient(value, factor) ? RoundHalf(x * GradientFactors.Scale) / GradientFactors.Scale : RoundHalf(x)
            : precision == SpecPrecision.TF32 || (value.Op is Op.DenseWgrad or Op.ConvWgrad && !fused.Contains(value.Id)) ? RoundTf32(x) : RoundBFloat16(x);

        // One kernel makes all gradients of some layers, from BF16; in it a first layer's are made by fused multiply-adds.
        bool IsFused(Value value) => value.Op is Op.ConvWgrad && Works(value).Any(work => work[0] == $"{Layer(value)} backward");
        bool IsPartOfSecond(Value value) => value.Op is Op.ConvWgrad && Works(value).Any(work => work is [_, var first] && first == $"{Layer(value)} wgrad");

        // Behind a wide head over a first convolution everything is made by fused multiply-adds.
        bool IsBehindWideHead(Value value) => value.Op is Op.DenseWgrad or Op.DenseDgrad or Op.ConvWgrad
            && model.Cuda.Train.Any(launch => launch.Work is { } work && (work.StartsWith($"{Layer(value)} and ", StringComparison.Ordinal) || work.EndsWith($" and {Layer(value)} backward", StringComparison.Ordinal)));
        string Layer(Value value) => model.Spec.Calls[value.Call].Layer.Name;
        IEnumerable<string[]> Works(Value _) => model.Cuda.Train.Select(static launch => launch.Work).OfType<string>().Select(static work => work.Split(", "));
    }

    /// <summary>To ten bits of mantissa, ties away from zero.</summary>
    public static double RoundTf32(double x) => BitConverter.UInt32BitsToSingle((BitConverter.SingleToUInt32Bits((float)x) + 0x1000u) & 0xFFFFE000u);

    /// <summary>To seven bits of mantissa, ties to even.</summary>
    public static double RoundBFloat16(double x)
    {
        uint bits = BitConverter.SingleToUInt32Bits((float)x);
        return BitConverter.UInt32BitsToSingle((bits + 0x7FFFu + ((bits >> 16) & 1)) & 0xFFFF0000u);
    }

    /// <summary>To ten bits of mantissa, ties to even, of the exponents that halves have; what is larger than the largest of them becomes that one.</summary>
    public static double RoundHalf(double x) => (double)(Half)Math.Clamp((float)x, -65504f, 65504f);

    /// <summary>Whether a factor is the gradient that goes back.</summary>
    private static bool IsGradient(Value value, int factor) => value.Op is Op.ConvDgrad or Op.DenseDgrad ? factor == 0 : value.Op is Op.ConvWgrad or Op.DenseWgrad && factor == 1;

    /// <summary>Products that stay f32: of small filters, and of a first layer's large ones, the gradient, windows other than 2x2, a last dense layer's that the head makes, and weights into which a normalization went.</summary>
    private static bool IsExact(Graph graph, Value value, SpecPrecision precision) => value.Op switch
    {
        Op.Conv2D or Op.Dense when IsFolded(graph, value) => true,
        Op.Conv2D => !IsPooledByTwo(graph, value),
        Op.ConvDgrad dgrad => dgrad.Window is not { StrideHeight: 1, StrideWidth: 1 },
        Op.ConvWgrad when graph[value.Inputs[0]].Op is Op.Input => precision == SpecPrecision.Float16 || value.Shape.Count / value.Shape[3] is < NarrowFilter or > WideFilter || !IsPooledByTwo(graph, graph.Values.Single(v => v.Op is Op.Conv2D && v.Call == value.Call)),
        Op.ConvWgrad wgrad => wgrad.Window.Height * wgrad.Window.Width < 4,
        Op.Dense => IsLast(graph, value),
        Op.DenseDgrad => value.Shape.Count < WideLayer && IsLast(graph, graph.Values.First(forward => forward.Op is Op.Dense && forward.Inputs[1] == value.Inputs[1])),
        _ => false,
    };

    /// <summary>In prediction a normalization goes into the weights before it, which then have no operands.</summary>
    private static bool IsFolded(Graph graph, Value value)
    {
        while (Readers(graph, value).FirstOrDefault(static r => r.Op is Op.BiasAdd) is { } next) value = next;
        return Readers(graph, value).Any(static r => r.Op is Op.Normalize);
    }

    private static bool IsPooledByTwo(Graph graph, Value value)
    {
        while (Readers(graph, value).FirstOrDefault(static r => r.Op is Op.BiasAdd or Op.Relu) is { } next) value = next;
        return Readers(graph, value).All(static r => r.Op is not Op.MaxPool2D or Op.MaxPool2D { PoolHeight: 2, PoolWidth: 2 });
    }

    private static bool IsLast(Graph graph, Value dense)
    {
        Value value = dense;
        while (Readers(graph, value).FirstOrDefault(static r => r.Op is Op.BiasAdd) is { } next) value = next;
        return Readers(graph, value).Any(static r => r.Op is Op.SoftmaxCrossEntropy);
    }

    private static IEnumerable<Value> Readers(Graph graph, Value value) => graph.Values.Where(r => r.Inputs.Contains(value.Id));
}
