using Convoke.Benchmarks.Programs;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using TorchParameter = TorchSharp.Modules.Parameter;

namespace Convoke.Benchmarks.Contenders;

/// <summary>A program as a TorchSharp module that gives logits.</summary>
/// <remarks>Like TorchSharp's own Sequential it lets go of a layer's result as soon as the next layer has it.</remarks>
internal sealed class TorchNetwork : nn.Module<Tensor, Tensor>
{
    private readonly bool _tuned;
    private readonly List<(Layer Layer, nn.Module<Tensor, Tensor>? Module)> _steps = [];
    private readonly List<Tensor> _tensors = [];

    /// <summary>Makes the modules, with TorchSharp's start values.</summary>
    /// <param name="program">What to build.</param>
    /// <param name="tuned">
    /// In-place ReLU and channels-last strides in the convolutions' weights. An image of one channel leaves the first convolution in NCHW
    /// whatever its strides say, so that its output is turned once.
    /// </param>
    public TorchNetwork(ProgramSpec program, bool tuned) : base(program.Name)
    {
        _tuned = tuned;
        bool flat = false;
        foreach ((Layer layer, int height, int width, int channels) in program.Walk())
        {
            switch (layer)
            {
                case Conv conv:
                    Conv2d convolution = nn.Conv2d(channels, conv.Filters, conv.Kernel, stride: conv.Stride, padding: conv.Pad, bias: conv.Bias);
                    if (tuned) convolution.weight = new TorchParameter(ChannelsLast(convolution.weight.detach()), true);
                    Add(layer, convolution, convolution.weight, convolution.bias);
                    if (tuned && channels == 1) Add(layer, new Turn());
                    if (conv.Relu) Add(layer, nn.ReLU(tuned));
                    break;
                case Norm:
                    BatchNorm2d norm = nn.BatchNorm2d(channels);
                    Add(layer, norm, norm.weight, norm.bias, norm.running_mean, norm.running_var);
                    Add(layer, nn.ReLU(tuned));
                    break;
                case Pool pool:
                    Add(layer, nn.MaxPool2d(pool.Size));
                    break;
                case GlobalMax:
                    Add(layer, nn.AdaptiveMaxPool2d([1, 1]));
                    break;
                case GlobalMean:
                    Add(layer, nn.AdaptiveAvgPool2d([1, 1]));
                    break;
                case Programs.Upsample up:
                    Add(layer, nn.Upsample(scale_factor: [up.Factor, up.Factor], mode: UpsampleMode.Nearest));
                    break;
                case Drop drop:
                    Add(layer, nn.Dropout(drop.Rate));
                    break;
                case Mark or Sum or Join:
                    _steps.Add((layer, null));
                    break;
                case Dense dense:
                    if (!flat) Add(layer, nn.Flatten());
                    flat = true;
                    Linear linear = nn.Linear(height * width * channels, dense.Units);
                    Add(layer, linear, linear.weight, linear.bias);
                    if (dense.Relu) Add(layer, nn.ReLU(tuned));
                    break;
                default:
                    throw new InvalidOperationException($"TorchSharp has no {layer.GetType().Name} here.");
            }
        }

        void Add(Layer layer, nn.Module<Tensor, Tensor> module, params Tensor?[] tensors)
        {
            register_module($"{layer.GetType().Name}{_steps.Count}", module);
            _steps.Add((layer, module));
            _tensors.AddRange(tensors.OfType<Tensor>());
        }
    }

    /// <summary>Weights and running statistics, in the order of <see cref="ParameterValues"/>.</summary>
    public IReadOnlyList<Tensor> Tensors => _tensors;

    public override Tensor forward(Tensor input)
    {
        var marked = new Dictionary<string, Tensor>();
        Tensor x = input;
        foreach ((Layer layer, nn.Module<Tensor, Tensor>? module) in _steps)
        {
            if (layer is Mark mark)
            {
                marked[mark.Name] = x;
                continue;
            }
            Tensor y = layer switch
            {
                Sum sum => x + marked[sum.With],
                Join join => cat([x, marked[join.With]], 1),
                _ => module!.call(x),
            };
            if (!ReferenceEquals(x, input) && !ReferenceEquals(x, y) && !marked.ContainsValue(x)) x.Dispose();
            x = y;
        }
        return x;
    }

    /// <summary>The same NCHW tensor with channels-last strides; TorchSharp has no memory_format.</summary>
    public static Tensor ChannelsLast(Tensor tensor) => tensor.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2);

    public override string ToString() => _tuned ? "tuned" : "plain";

    private sealed class Turn() : nn.Module<Tensor, Tensor>("turn")
    {
        public override Tensor forward(Tensor input) => ChannelsLast(input);
    }
}
