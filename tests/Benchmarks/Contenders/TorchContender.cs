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
    private readonly Sequential _network;
    private readonly optim.Optimizer _optimizer;
    private readonly CrossEntropyLoss _loss = nn.CrossEntropyLoss();
    private readonly Tensor[] _images;
    private readonly Tensor[] _labels;

    public TorchContender(ProgramSpec program, SampleData data, int threads, bool tuned) : base(tuned ? Tuned : Plain)
    {
        (_threads, _tuned) = (threads, tuned);
        set_num_threads(threads);
        _network = TorchNetwork.Build(program, tuned);
        _optimizer = optim.Adam(_network.parameters());
        _images = [.. data.Images.Select(Image)];
        // Class indices are what its loss takes fastest.
        _labels = [.. data.Labels.Select(static labels => tensor(labels).to(ScalarType.Int64))];

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
        int index = 0;
        foreach (TorchSharp.Modules.Parameter parameter in _network.parameters()) parameter.copy_(tensor(weights[index++], parameter.shape));
    }

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
            _network.call(_images[i % _images.Length]).softmax(1);
        }
    }

    public override float[] Probabilities(int batch)
    {
        _network.eval();
        using IDisposable noGradient = no_grad();
        using IDisposable scope = NewDisposeScope();
        return _network.call(_images[batch]).softmax(1).data<float>().ToArray();
    }

    public override (double Loss, float[][] Gradients) LossAndGradients(int batch)
    {
        _network.train();
        using IDisposable scope = NewDisposeScope();
        _optimizer.zero_grad();
        double loss = Backward(batch).item<float>();
        return (loss, [.. _network.parameters().Select(static parameter => Gradient(parameter))]);
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

    private static float[] Gradient(TorchSharp.Modules.Parameter parameter) =>
        (parameter.grad ?? throw new InvalidOperationException("A parameter has no gradient.")).contiguous().data<float>().ToArray();
}
