using Convoke.Benchmarks.Programs;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Convoke.Benchmarks.Contenders;

/// <summary>TorchSharp, plain as its examples are written or tuned as far as its API lets an expert go.</summary>
internal sealed class TorchContender : Contender
{
    public const string Plain = "TorchSharp plain";
    public const string Tuned = "TorchSharp tuned";

    private readonly int _threads;
    private readonly bool _tuned;
    private readonly ProgramSpec _program;
    private readonly TorchNetwork _network;
    private readonly optim.Optimizer _optimizer;
    private readonly CrossEntropyLoss _loss = nn.CrossEntropyLoss();
    private readonly Tensor[] _images;
    private readonly Tensor[] _labels;

    public TorchContender(ProgramSpec program, SampleData data, int threads, bool tuned) : base(tuned ? Tuned : Plain)
    {
        (_program, _threads, _tuned) = (program, threads, tuned);
        set_num_threads(threads);
        _network = new TorchNetwork(program, tuned);
        _optimizer = optim.Adam(_network.parameters());
        _images = [.. data.Images.Select(Image)];
        // Class indices are what its loss takes fastest.
        _labels = [.. data.Labels.Select(labels => tensor(labels, program.Pixels == 1 ? [program.Batch] : [program.Batch, program.Height, program.Width]).to(ScalarType.Int64))];

        Tensor Image(float[] nhwc)
        {
            // With one channel the permuted view counts as contiguous and keeps its channels-last strides: plain would be tuned without a word.
            if (!tuned && program.Channels == 1) return tensor(nhwc, [program.Batch, 1, program.Height, program.Width]);
            Tensor channelsLast = tensor(nhwc, [program.Batch, program.Height, program.Width, program.Channels]).permute(0, 3, 1, 2);
            return tuned ? channelsLast : channelsLast.contiguous();
        }
    }

    public override void Select() => set_num_threads(_threads);

    public override void Load(float[][] weights)
    {
        using IDisposable scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        for (int i = 0; i < weights.Length; i++) _network.Tensors[i].copy_(tensor(weights[i], _network.Tensors[i].shape));
    }

    public override float[][] Weights() => [.. _network.Tensors.Select(static tensor => Values(tensor.detach()))];

    public override void Train(int steps)
    {
        _network.train();
        for (int i = 0; i < steps; i++)
        {
            using IDisposable scope = NewDisposeScope();
            _optimizer.zero_grad();
            Backward(i % _images.Length);
            _optimizer.step();
        }
    }

    public override void Gradients(int steps)
    {
        _network.train();
        for (int i = 0; i < steps; i++)
        {
            using IDisposable scope = NewDisposeScope();
            _optimizer.zero_grad();
            Backward(i % _images.Length);
        }
    }

    public override void Predict(int steps)
    {
        _network.eval();
        using IDisposable noGradient = _tuned ? inference_mode() : no_grad();
        for (int i = 0; i < steps; i++)
        {
            using IDisposable scope = NewDisposeScope();
            Output(i % _images.Length);
        }
    }

    public override float[] Outputs(int batch)
    {
        _network.eval();
        using IDisposable noGradient = no_grad();
        using IDisposable scope = NewDisposeScope();
        return Values(Output(batch).permute(_program.Pixels == 1 ? [0, 1] : [0, 2, 3, 1]));
    }

    public override (double Loss, float[][] Gradients) LossAndGradients(int batch)
    {
        _network.train();
        using IDisposable scope = NewDisposeScope();
        _optimizer.zero_grad();
        double loss = Backward(batch).item<float>();
        return (loss, [.. _network.Tensors.Select(Gradient)]);
    }

    protected override void Dispose(bool disposing)
    {
        foreach (Tensor tensor in _images.Concat(_labels)) tensor.Dispose();
        _optimizer.Dispose();
        _network.Dispose();
        _loss.Dispose();
    }

    private Tensor Backward(int batch)
    {
        Tensor loss = _loss.call(_network.call(_images[batch]), _labels[batch]);
        loss.backward();
        return loss;
    }

    /// <summary>f32[N, classes], or f32[N, classes, H, W].</summary>
    private Tensor Output(int batch) => _program.EndsInLogits ? _network.call(_images[batch]) : _network.call(_images[batch]).softmax(1);

    /// <summary>Running statistics have none: zeros.</summary>
    private static float[] Gradient(Tensor tensor) => tensor is TorchSharp.Modules.Parameter
        ? Values(tensor.grad ?? throw new InvalidOperationException("A parameter has no gradient."))
        : new float[tensor.NumberOfElements];

    private static float[] Values(Tensor tensor) => tensor.contiguous().data<float>().ToArray();
}
