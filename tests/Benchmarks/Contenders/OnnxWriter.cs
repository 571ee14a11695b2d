using System.Runtime.InteropServices;
using Convoke.Benchmarks.Programs;

namespace Convoke.Benchmarks.Contenders;

/// <summary>A program with its weights as an ONNX model (opset 13, IR 8): input "images" f32[N,C,H,W], output "outputs" f32[N,classes], or logits f32[N,classes,H,W].</summary>
internal sealed class OnnxWriter
{
    public const string Input = "images";
    public const string Output = "outputs";

    private const int FloatTensor = 1;
    private const int IntegerAttribute = 2;
    private const int TextAttribute = 3;
    private const int IntegersAttribute = 7;
    private const int OpsetVersion = 13;
    private const int IrVersion = 8;

    private readonly Protobuf _graph = new();
    private readonly List<Protobuf> _initializers = [];
    private string _current = Input;
    private int _count;

    private OnnxWriter()
    {
    }

    /// <summary>The file's bytes.</summary>
    public static byte[] Write(ProgramSpec program, float[][] weights)
    {
        var writer = new OnnxWriter();
        writer.Layers(program, weights);
        writer._graph.Text(2, program.Name);
        foreach (Protobuf initializer in writer._initializers) writer._graph.Message(5, initializer);
        writer._graph.Message(11, ValueInfo(Input, program.Batch, program.Channels, program.Height, program.Width));
        writer._graph.Message(12, program.Pixels == 1 ? ValueInfo(Output, program.Batch, program.Classes) : ValueInfo(Output, program.Batch, program.Classes, program.Height, program.Width));
        return new Protobuf().Integer(1, IrVersion).Message(7, writer._graph).Message(8, new Protobuf().Text(1, "").Integer(2, OpsetVersion)).ToArray();
    }

    private void Layers(ProgramSpec program, float[][] weights)
    {
        int next = 0;
        bool flat = false;
        var marked = new Dictionary<string, string>();
        foreach ((Layer layer, int height, int width, int channels) in program.Walk())
        {
            switch (layer)
            {
                case Conv conv:
                    string filter = Tensor(weights[next++], conv.Filters, channels, conv.Kernel, conv.Kernel);
                    Node("Conv", conv.Bias ? [_current, filter, Tensor(weights[next++], conv.Filters)] : [_current, filter],
                        Integers("kernel_shape", conv.Kernel, conv.Kernel), Integers("strides", conv.Stride, conv.Stride), Integers("pads", conv.Pad, conv.Pad, conv.Pad, conv.Pad));
                    if (conv.Relu) Node("Relu", [_current]);
                    break;
                case Pool pool:
                    Node("MaxPool", [_current], Integers("kernel_shape", pool.Size, pool.Size), Integers("strides", pool.Size, pool.Size));
                    break;
                case Norm:
                    Node("BatchNormalization", [_current, .. Enumerable.Range(0, 4).Select(_ => Tensor(weights[next++], channels))]);
                    Node("Relu", [_current]);
                    break;
                case GlobalMax:
                    Node("GlobalMaxPool", [_current]);
                    break;
                case GlobalMean:
                    Node("GlobalAveragePool", [_current]);
                    break;
                case Upsample up:
                    Node("Resize", [_current, Tensor([], 0), Tensor([1, 1, up.Factor, up.Factor], 4)], Text("mode", "nearest"), Text("coordinate_transformation_mode", "asymmetric"), Text("nearest_mode", "floor"));
                    break;
                case Drop:
                    break;
                case Mark mark:
                    marked[mark.Name] = _current;
                    break;
                case Sum sum:
                    Node("Add", [_current, marked[sum.With]]);
                    break;
                case Join join:
                    Node("Concat", [_current, marked[join.With]], Integer("axis", 1));
                    break;
                case Dense dense:
                    if (!flat) Node("Flatten", [_current]);
                    flat = true;
                    Node("Gemm", [_current, Tensor(weights[next++], dense.Units, height * width * channels), Tensor(weights[next++], dense.Units)], Integer("transB", 1));
                    if (dense.Relu) Node("Relu", [_current]);
                    break;
                default:
                    throw new InvalidOperationException($"ONNX has no {layer.GetType().Name} here.");
            }
        }
        if (program.EndsInLogits) Node("Identity", [_current], Output);
        else Node("Softmax", [_current], Output, Integer("axis", 1));
    }

    private void Node(string op, string[] inputs, params Protobuf[] attributes) => Node(op, inputs, $"v{_count++}", attributes);

    private void Node(string op, string[] inputs, string output, params Protobuf[] attributes)
    {
        var node = new Protobuf();
        foreach (string input in inputs) node.Text(1, input);
        node.Text(2, output).Text(3, output).Text(4, op);
        foreach (Protobuf attribute in attributes) node.Message(5, attribute);
        _graph.Message(1, node);
        _current = output;
    }

    private string Tensor(float[] values, params int[] shape)
    {
        string name = $"w{_initializers.Count}";
        var tensor = new Protobuf();
        foreach (int extent in shape) tensor.Integer(1, extent);
        _initializers.Add(tensor.Integer(2, FloatTensor).Text(8, name).Bytes(9, MemoryMarshal.AsBytes(values.AsSpan())));
        return name;
    }

    private static Protobuf Integer(string name, int value) => new Protobuf().Text(1, name).Integer(3, value).Integer(20, IntegerAttribute);

    private static Protobuf Text(string name, string value) => new Protobuf().Text(1, name).Text(4, value).Integer(20, TextAttribute);

    private static Protobuf Integers(string name, params int[] values)
    {
        Protobuf attribute = new Protobuf().Text(1, name);
        foreach (int value in values) attribute.Integer(8, value);
        return attribute.Integer(20, IntegersAttribute);
    }

    private static Protobuf ValueInfo(string name, params int[] shape)
    {
        var dimensions = new Protobuf();
        foreach (int extent in shape) dimensions.Message(1, new Protobuf().Integer(1, extent));
        return new Protobuf().Text(1, name).Message(2, new Protobuf().Message(1, new Protobuf().Integer(1, FloatTensor).Message(2, dimensions)));
    }
}
