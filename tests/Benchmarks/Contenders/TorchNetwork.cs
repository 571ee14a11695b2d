using Convoke.Benchmarks.Programs;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using TorchParameter = TorchSharp.Modules.Parameter;

namespace Convoke.Benchmarks.Contenders;

/// <summary>A program as TorchSharp modules that give logits.</summary>
internal static class TorchNetwork
{
    /// <summary>The modules, with TorchSharp's start values.</summary>
    /// <param name="program">What to build.</param>
    /// <param name="tuned">
    /// In-place ReLU and channels-last strides in the convolutions' weights. An image of one channel leaves the first convolution in NCHW
    /// whatever its strides say, so that its output is turned once.
    /// </param>
    public static Sequential Build(ProgramSpec program, bool tuned)
    {
        var modules = new List<(string, nn.Module<Tensor, Tensor>)>();
        bool flat = false;
        foreach ((Layer layer, int height, int width, int channels) in program.Walk())
        {
            switch (layer)
            {
                case Conv conv:
                    Conv2d convolution = nn.Conv2d(channels, conv.Filters, conv.Kernel);
                    if (tuned) convolution.weight = new TorchParameter(ChannelsLast(convolution.weight.detach()), true);
                    Add("conv", convolution);
                    if (tuned && channels == 1) Add("turn", new Turn());
                    if (conv.Relu) Add("relu", nn.ReLU(tuned));
                    break;
                case Pool pool:
                    Add("pool", nn.MaxPool2d(pool.Size));
                    break;
                case Dense dense:
                    if (!flat) Add("flatten", nn.Flatten());
                    flat = true;
                    Add("dense", nn.Linear(height * width * channels, dense.Units));
                    if (dense.Relu) Add("relu", nn.ReLU(tuned));
                    break;
                default:
                    throw new InvalidOperationException($"TorchSharp has no {layer.GetType().Name} here.");
            }
        }
        return nn.Sequential(modules);

        void Add(string name, nn.Module<Tensor, Tensor> module) => modules.Add(($"{name}{modules.Count}", module));
    }

    /// <summary>The same NCHW tensor with channels-last strides; TorchSharp has no memory_format.</summary>
    public static Tensor ChannelsLast(Tensor tensor) => tensor.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2);

    private sealed class Turn() : nn.Module<Tensor, Tensor>("turn")
    {
        public override Tensor forward(Tensor input) => ChannelsLast(input);
    }
}
