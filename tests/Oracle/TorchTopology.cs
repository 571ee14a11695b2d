using Convoke.Parity;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Convoke.Oracle;

/// <summary>A topology in TorchSharp's functions, and its training run.</summary>
internal sealed class TorchTopology
{
    private readonly TopologyProgram _program;
    private readonly ScalarType _precision;
    private readonly Dictionary<string, Parameter> _parameters = [];
    private readonly SortedDictionary<string, Tensor> _statistics = new(StringComparer.Ordinal);
    private bool _training = true;

    private TorchTopology(TopologyProgram program, ScalarType precision)
    {
        (_program, _precision) = (program, precision);
        foreach (ParityTensor spec in program.Tensors)
        {
            using Tensor start = tensor(SeededTensors.Weights(spec), spec.Shape.Select(static e => (long)e).ToArray());
            _parameters[spec.Name] = new Parameter(start.to(precision), true);
        }
    }

    /// <summary>Trains in double and in single precision.</summary>
    public static TopologyGolden Golden(TopologyProgram program, string made)
    {
        set_num_threads(1);
        (double[] losses, double[] prediction, Dictionary<string, double[]> statistics, Dictionary<string, double[]>? parts) = new TorchTopology(program, ScalarType.Float64).Run();
        (double[] losses32, double[] prediction32, _, _) = new TorchTopology(program, ScalarType.Float32).Run();
        double deviation = prediction.Zip(prediction32, static (truth, single) => Math.Abs(single - truth)).Max() / prediction.Max(Math.Abs);
        return new(program.Description, made, losses, losses32, Rounded(prediction), deviation, statistics.ToDictionary(static p => p.Key, static p => Rounded(p.Value)), parts);

        static float[] Rounded(double[] values) => [.. values.Select(static v => (float)v)];
    }

    private (double[] Losses, double[] Prediction, Dictionary<string, double[]> Statistics, Dictionary<string, double[]>? Parts) Run()
    {
        var optimizer = optim.SGD(_program.Tensors.Select(t => _parameters[t.Name]), _program.LearningRate, _program.Momentum);
        double[] losses = new double[TopologyProgram.Steps], classLosses = new double[TopologyProgram.Steps], boxLosses = new double[TopologyProgram.Steps];
        for (int step = 1; step <= TopologyProgram.Steps; step++)
        {
            using var scope = NewDisposeScope();
            optimizer.zero_grad();
            (Tensor x, Tensor y) = Batch(step, _program.BatchSizeAt(step));
            Tensor[] outputs = Outputs(x, step);
            Tensor loss = F.cross_entropy(outputs[0], y);
            if (_program.BoxCount > 0)
            {
                Tensor boxes = F.smooth_l1_loss(outputs[1], Boxes(step, _program.BatchSizeAt(step)), beta: TopologyProgram.BoxBeta);
                (classLosses[step - 1], boxLosses[step - 1]) = (loss.to(ScalarType.Float64).item<double>(), boxes.to(ScalarType.Float64).item<double>());
                loss = loss + (TopologyProgram.BoxWeight * boxes);
            }

            loss.backward();
            losses[step - 1] = loss.to(ScalarType.Float64).item<double>();
            optimizer.step();
        }

        _training = false;
        using var last = NewDisposeScope();
        double[] prediction = [.. Outputs(Batch(1, _program.BatchSizeAt(1)).Images[..TopologyGolden.Predicted], 1).SelectMany(Copy)];
        Dictionary<string, double[]>? parts = _program.BoxCount > 0 ? new() { ["Classes"] = classLosses, ["Boxes"] = boxLosses } : null;
        return (losses, prediction, _statistics.ToDictionary(static p => p.Key, static p => Copy(p.Value)), parts);
    }

    private (Tensor Images, Tensor Labels) Batch(int step, int count)
    {
        var images = new float[count * _program.ImageSize];
        var labels = new int[count * _program.LabelCount];
        _program.Batch(step, count, images, labels);
        Tensor x = tensor(images, [count, _program.Channels, _program.Side, _program.Side]).to(_precision);
        Tensor y = tensor(labels, _program.PerPixel ? [count, _program.Side, _program.Side] : [count]).to(ScalarType.Int64);
        return (x, y);
    }

    private Tensor Boxes(int step, int count) => tensor(_program.Boxes(step, count), [count, _program.BoxCount]).to(_precision);

    private Tensor[] Outputs(Tensor x, int step) => _program.Name switch
    {
        "c" => [C(x)],
        "resnet9" => [ResNet9(x)],
        "unet" => [UNet(x)],
        "shared" => [Shared(x)],
        "detector" => Detector(x),
        "pair" => [Pair(x, step)],
        _ => throw new ArgumentException($"no network of the name {_program.Name}", nameof(x)),
    };

    private Tensor C(Tensor x)
    {
        x = F.max_pool2d(F.relu(F.conv2d(x, _parameters["conv1.weight"], _parameters["conv1.bias"])), 2);
        x = F.max_pool2d(F.relu(F.conv2d(x, _parameters["conv2.weight"], _parameters["conv2.bias"])), 2);
        x = F.relu(F.linear(x.flatten(1), _parameters["fc1.weight"], _parameters["fc1.bias"]));
        return F.linear(x, _parameters["fc2.weight"], _parameters["fc2.bias"]);
    }

    private Tensor ResNet9(Tensor x)
    {
        x = F.max_pool2d(Block("layer1", Block("prep", x)), 2);
        x = x + Block("res1b", Block("res1a", x));
        x = F.max_pool2d(Block("layer2", x), 2);
        x = F.max_pool2d(Block("layer3", x), 2);
        x = x + Block("res2b", Block("res2a", x));
        return F.linear(x.amax([2, 3]), _parameters["fc.weight"], _parameters["fc.bias"]);
    }

    private Tensor UNet(Tensor x)
    {
        Tensor e1 = Block("enc1", x), e2 = Block("enc2", F.max_pool2d(e1, 2)), middle = Block("mid", F.max_pool2d(e2, 2));
        Tensor d2 = Block("dec2", cat([Twice(middle), e2], 1)), d1 = Block("dec1", cat([Twice(d2), e1], 1));
        return F.conv2d(d1, _parameters["head.weight"], _parameters["head.bias"]);
    }

    private Tensor Shared(Tensor x)
    {
        Tensor Conv(string name, Tensor of) => F.conv2d(of, _parameters[name + ".weight"], _parameters[name + ".bias"], padding: [1, 1]);
        x = F.max_pool2d(F.relu(Conv("stem", x)), 2);
        for (int i = 0; i < 2; i++) x = x + F.relu(Norm("norm", Conv("conv", x)));
        x = F.relu(Norm("last_norm", Conv("conv", F.max_pool2d(x, 2)))).amax([2, 3]);
        for (int i = 0; i < 2; i++) x = F.relu(F.linear(x, _parameters["fc.weight"], _parameters["fc.bias"]));
        return F.linear(x, _parameters["head.weight"], _parameters["head.bias"]);
    }

    private Tensor[] Detector(Tensor x)
    {
        x = F.max_pool2d(Block("body", F.max_pool2d(Block("stem", x), 2)), 2);
        x = x + Block("res_b", Block("res_a", x));
        return [F.linear(x.amax([2, 3]), _parameters["head.weight"], _parameters["head.bias"]), F.linear(x.flatten(1), _parameters["box.weight"], _parameters["box.bias"])];
    }

    /// <summary>What stands beside the first <c>x.shape[0]</c> images of a step.</summary>
    private Tensor Pair(Tensor x, int step)
    {
        int count = (int)x.shape[0];
        Tensor twins = tensor(_program.Twins(step, count), x.shape).to(_precision), extra = tensor(_program.Extras(step, count), [count, _program.ExtraCount]).to(_precision);
        Tensor left = Embed(x), right = Embed(twins), meta = F.relu(F.linear(extra, _parameters["meta.weight"], _parameters["meta.bias"]));
        return F.linear(cat([left * right, left + right, meta], 1), _parameters["head.weight"], _parameters["head.bias"]);

        Tensor Embed(Tensor image)
        {
            image = F.max_pool2d(F.relu(F.conv2d(image, _parameters["conv1.weight"], _parameters["conv1.bias"])), 2);
            return F.relu(Norm("norm", F.conv2d(image, _parameters["conv2.weight"]))).amax([2, 3]);
        }
    }

    private static Tensor Twice(Tensor x) => x.repeat_interleave(2, 2).repeat_interleave(2, 3);

    private Tensor Block(string name, Tensor x) => F.relu(Norm(name + "_norm", F.conv2d(x, _parameters[name + ".weight"], padding: [1, 1])));

    private Tensor Norm(string name, Tensor x)
    {
        Tensor mean = Statistic($"{name}.running_mean", 0), variance = Statistic($"{name}.running_var", 1);
        return F.batch_norm(x, mean, variance, _parameters[name + ".weight"], _parameters[name + ".bias"], _training, TopologyProgram.NormMomentum, TopologyProgram.NormEpsilon);

        Tensor Statistic(string key, double start)
        {
            if (!_statistics.TryGetValue(key, out Tensor? statistic)) _statistics[key] = statistic = full([_parameters[name + ".bias"].shape[0]], start, _precision).MoveToOuterDisposeScope();
            return statistic;
        }
    }

    private static double[] Copy(Tensor tensor)
    {
        using Tensor wide = tensor.detach().to(ScalarType.Float64).contiguous();
        return wide.data<double>().ToArray();
    }
}
