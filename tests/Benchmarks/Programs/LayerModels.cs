namespace Convoke.Benchmarks.Programs;

// A model ends in a Dense layer, so each single layer carries the smallest head there is: two classes, of a convolution's image of its mean.
// It costs every contender the same: one pass over the layer's output and one back. A layer that sees the image needs no gradient of it;
// where that gradient is wanted, a 1x1 convolution of an image of one channel stands in front (Inner), the least that has weights.

[Model(28, 28, 1, Defaults = Defaults.PyTorch), Conv2D(32, 3, Activation = Activation.Relu), GlobalAveragePool2D, Dense(2, Activation = Activation.Softmax), Adam, CategoricalCrossentropy]
internal sealed partial class Conv3From1To32At28;

[Model(32, 32, 3, Defaults = Defaults.PyTorch), Conv2D(32, 3, Activation = Activation.Relu), GlobalAveragePool2D, Dense(2, Activation = Activation.Softmax), Adam, CategoricalCrossentropy]
internal sealed partial class Conv3From3To32At32;

[Model(112, 112, 3, Defaults = Defaults.PyTorch), Conv2D(64, 3, Pad = 1, Activation = Activation.Relu), GlobalAveragePool2D, Dense(2, Activation = Activation.Softmax), Adam, CategoricalCrossentropy]
internal sealed partial class Conv3From3To64At112;

[Model(112, 112, 1, Defaults = Defaults.PyTorch), Conv2D(16, 3, Activation = Activation.Relu), GlobalAveragePool2D, Dense(2, Activation = Activation.Softmax), Adam, CategoricalCrossentropy]
internal sealed partial class Conv3From1To16At112;

[Model(56, 56, 16, Defaults = Defaults.PyTorch), Conv2D(16, 3, Pad = 1, Activation = Activation.Relu), GlobalAveragePool2D, Dense(2, Activation = Activation.Softmax), Adam, CategoricalCrossentropy]
internal sealed partial class Conv3From16To16At56;

[Model(56, 56, 1, Defaults = Defaults.PyTorch), Conv2D(16, 1), Conv2D(16, 3, Pad = 1, Activation = Activation.Relu), GlobalAveragePool2D, Dense(2, Activation = Activation.Softmax), Adam, CategoricalCrossentropy]
internal sealed partial class Conv3From16To16At56Inner;

[Model(28, 28, 32, Defaults = Defaults.PyTorch), Conv2D(32, 3, Pad = 1, Activation = Activation.Relu), GlobalAveragePool2D, Dense(2, Activation = Activation.Softmax), Adam, CategoricalCrossentropy]
internal sealed partial class Conv3From32To32At28;

[Model(28, 28, 1, Defaults = Defaults.PyTorch), Conv2D(32, 1), Conv2D(32, 3, Pad = 1, Activation = Activation.Relu), GlobalAveragePool2D, Dense(2, Activation = Activation.Softmax), Adam, CategoricalCrossentropy]
internal sealed partial class Conv3From32To32At28Inner;

[Model(13, 13, 32, Defaults = Defaults.PyTorch), Conv2D(64, 3, Activation = Activation.Relu), GlobalAveragePool2D, Dense(2, Activation = Activation.Softmax), Adam, CategoricalCrossentropy]
internal sealed partial class Conv3From32To64At13;

[Model(13, 13, 1, Defaults = Defaults.PyTorch), Conv2D(32, 1), Conv2D(64, 3, Activation = Activation.Relu), GlobalAveragePool2D, Dense(2, Activation = Activation.Softmax), Adam, CategoricalCrossentropy]
internal sealed partial class Conv3From32To64At13Inner;

[Model(13, 13, 32, Defaults = Defaults.PyTorch), Conv2D(64, 3, Activation = Activation.Relu), MaxPool2D(2), GlobalAveragePool2D, Dense(2, Activation = Activation.Softmax), Adam, CategoricalCrossentropy]
internal sealed partial class Conv3From32To64At13Pooled;

[Model(13, 13, 1, Defaults = Defaults.PyTorch), Conv2D(32, 1), Conv2D(64, 3, Activation = Activation.Relu), MaxPool2D(2), GlobalAveragePool2D, Dense(2, Activation = Activation.Softmax), Adam, CategoricalCrossentropy]
internal sealed partial class Conv3From32To64At13PooledInner;

[Model(28, 28, 64, Defaults = Defaults.PyTorch), Conv2D(64, 3, Activation = Activation.Relu), GlobalAveragePool2D, Dense(2, Activation = Activation.Softmax), Adam, CategoricalCrossentropy]
internal sealed partial class Conv3From64To64At28;

[Model(28, 28, 1, Defaults = Defaults.PyTorch), Conv2D(64, 1), Conv2D(64, 3, Activation = Activation.Relu), GlobalAveragePool2D, Dense(2, Activation = Activation.Softmax), Adam, CategoricalCrossentropy]
internal sealed partial class Conv3From64To64At28Inner;

[Model(56, 56, 64, Defaults = Defaults.PyTorch), Conv2D(64, 3, Pad = 1, Activation = Activation.Relu), GlobalAveragePool2D, Dense(2, Activation = Activation.Softmax), Adam, CategoricalCrossentropy]
internal sealed partial class Conv3From64To64At56;

[Model(56, 56, 1, Defaults = Defaults.PyTorch), Conv2D(64, 1), Conv2D(64, 3, Pad = 1, Activation = Activation.Relu), GlobalAveragePool2D, Dense(2, Activation = Activation.Softmax), Adam, CategoricalCrossentropy]
internal sealed partial class Conv3From64To64At56Inner;

[Model(14, 14, 64, Defaults = Defaults.PyTorch), Conv2D(128, 3, Pad = 1, Activation = Activation.Relu), GlobalAveragePool2D, Dense(2, Activation = Activation.Softmax), Adam, CategoricalCrossentropy]
internal sealed partial class Conv3From64To128At14;

[Model(14, 14, 1, Defaults = Defaults.PyTorch), Conv2D(64, 1), Conv2D(128, 3, Pad = 1, Activation = Activation.Relu), GlobalAveragePool2D, Dense(2, Activation = Activation.Softmax), Adam, CategoricalCrossentropy]
internal sealed partial class Conv3From64To128At14Inner;

[Model(14, 14, 128, Defaults = Defaults.PyTorch), Conv2D(128, 3, Pad = 1, Activation = Activation.Relu), GlobalAveragePool2D, Dense(2, Activation = Activation.Softmax), Adam, CategoricalCrossentropy]
internal sealed partial class Conv3From128To128At14;

[Model(14, 14, 1, Defaults = Defaults.PyTorch), Conv2D(128, 1), Conv2D(128, 3, Pad = 1, Activation = Activation.Relu), GlobalAveragePool2D, Dense(2, Activation = Activation.Softmax), Adam, CategoricalCrossentropy]
internal sealed partial class Conv3From128To128At14Inner;

[Model(7, 7, 128, Defaults = Defaults.PyTorch), Conv2D(256, 3, Pad = 1, Activation = Activation.Relu), GlobalAveragePool2D, Dense(2, Activation = Activation.Softmax), Adam, CategoricalCrossentropy]
internal sealed partial class Conv3From128To256At7;

[Model(7, 7, 1, Defaults = Defaults.PyTorch), Conv2D(128, 1), Conv2D(256, 3, Pad = 1, Activation = Activation.Relu), GlobalAveragePool2D, Dense(2, Activation = Activation.Softmax), Adam, CategoricalCrossentropy]
internal sealed partial class Conv3From128To256At7Inner;

[Model(7, 7, 256, Defaults = Defaults.PyTorch), Conv2D(256, 3, Activation = Activation.Relu), GlobalAveragePool2D, Dense(2, Activation = Activation.Softmax), Adam, CategoricalCrossentropy]
internal sealed partial class Conv3From256To256At7;

[Model(7, 7, 1, Defaults = Defaults.PyTorch), Conv2D(256, 1), Conv2D(256, 3, Activation = Activation.Relu), GlobalAveragePool2D, Dense(2, Activation = Activation.Softmax), Adam, CategoricalCrossentropy]
internal sealed partial class Conv3From256To256At7Inner;

[Model(14, 14, 256, Defaults = Defaults.PyTorch), Conv2D(256, 3, Pad = 1, Activation = Activation.Relu), GlobalAveragePool2D, Dense(2, Activation = Activation.Softmax), Adam, CategoricalCrossentropy]
internal sealed partial class Conv3From256To256At14;

[Model(14, 14, 1, Defaults = Defaults.PyTorch), Conv2D(256, 1), Conv2D(256, 3, Pad = 1, Activation = Activation.Relu), GlobalAveragePool2D, Dense(2, Activation = Activation.Softmax), Adam, CategoricalCrossentropy]
internal sealed partial class Conv3From256To256At14Inner;

[Model(14, 14, 64, Defaults = Defaults.PyTorch), Conv2D(128, 3, Stride = 2, Pad = 1, Activation = Activation.Relu), GlobalAveragePool2D, Dense(2, Activation = Activation.Softmax), Adam, CategoricalCrossentropy]
internal sealed partial class Conv3From64To128At14Stride2;

[Model(14, 14, 1, Defaults = Defaults.PyTorch), Conv2D(64, 1), Conv2D(128, 3, Stride = 2, Pad = 1, Activation = Activation.Relu), GlobalAveragePool2D, Dense(2, Activation = Activation.Softmax), Adam, CategoricalCrossentropy]
internal sealed partial class Conv3From64To128At14Stride2Inner;

[Model(28, 28, 16, Defaults = Defaults.PyTorch), Conv2D(64, 1, Activation = Activation.Relu), GlobalAveragePool2D, Dense(2, Activation = Activation.Softmax), Adam, CategoricalCrossentropy]
internal sealed partial class Conv1From16To64At28;

[Model(28, 28, 1, Defaults = Defaults.PyTorch), Conv2D(16, 1), Conv2D(64, 1, Activation = Activation.Relu), GlobalAveragePool2D, Dense(2, Activation = Activation.Softmax), Adam, CategoricalCrossentropy]
internal sealed partial class Conv1From16To64At28Inner;

[Model(56, 56, 64, Defaults = Defaults.PyTorch), Conv2D(64, 1, Activation = Activation.Relu), GlobalAveragePool2D, Dense(2, Activation = Activation.Softmax), Adam, CategoricalCrossentropy]
internal sealed partial class Conv1From64To64At56;

[Model(56, 56, 1, Defaults = Defaults.PyTorch), Conv2D(64, 1), Conv2D(64, 1, Activation = Activation.Relu), GlobalAveragePool2D, Dense(2, Activation = Activation.Softmax), Adam, CategoricalCrossentropy]
internal sealed partial class Conv1From64To64At56Inner;

[Model(14, 14, 64, Defaults = Defaults.PyTorch), Conv2D(128, 1, Activation = Activation.Relu), GlobalAveragePool2D, Dense(2, Activation = Activation.Softmax), Adam, CategoricalCrossentropy]
internal sealed partial class Conv1From64To128At14;

[Model(14, 14, 1, Defaults = Defaults.PyTorch), Conv2D(64, 1), Conv2D(128, 1, Activation = Activation.Relu), GlobalAveragePool2D, Dense(2, Activation = Activation.Softmax), Adam, CategoricalCrossentropy]
internal sealed partial class Conv1From64To128At14Inner;

[Model(14, 14, 256, Defaults = Defaults.PyTorch), Conv2D(64, 1, Activation = Activation.Relu), GlobalAveragePool2D, Dense(2, Activation = Activation.Softmax), Adam, CategoricalCrossentropy]
internal sealed partial class Conv1From256To64At14;

[Model(14, 14, 1, Defaults = Defaults.PyTorch), Conv2D(256, 1), Conv2D(64, 1, Activation = Activation.Relu), GlobalAveragePool2D, Dense(2, Activation = Activation.Softmax), Adam, CategoricalCrossentropy]
internal sealed partial class Conv1From256To64At14Inner;

[Model(7, 7, 128, Defaults = Defaults.PyTorch), Conv2D(256, 1, Activation = Activation.Relu), GlobalAveragePool2D, Dense(2, Activation = Activation.Softmax), Adam, CategoricalCrossentropy]
internal sealed partial class Conv1From128To256At7;

[Model(7, 7, 1, Defaults = Defaults.PyTorch), Conv2D(128, 1), Conv2D(256, 1, Activation = Activation.Relu), GlobalAveragePool2D, Dense(2, Activation = Activation.Softmax), Adam, CategoricalCrossentropy]
internal sealed partial class Conv1From128To256At7Inner;

[Model(28, 28, 64, Defaults = Defaults.PyTorch), Conv2D(128, 1, Stride = 2, Activation = Activation.Relu), GlobalAveragePool2D, Dense(2, Activation = Activation.Softmax), Adam, CategoricalCrossentropy]
internal sealed partial class Conv1From64To128At28Stride2;

[Model(28, 28, 1, Defaults = Defaults.PyTorch), Conv2D(64, 1), Conv2D(128, 1, Stride = 2, Activation = Activation.Relu), GlobalAveragePool2D, Dense(2, Activation = Activation.Softmax), Adam, CategoricalCrossentropy]
internal sealed partial class Conv1From64To128At28Stride2Inner;

[Model(28, 28, 1, Defaults = Defaults.PyTorch), Conv2D(32, 5, Activation = Activation.Relu), GlobalAveragePool2D, Dense(2, Activation = Activation.Softmax), Adam, CategoricalCrossentropy]
internal sealed partial class Conv5From1To32At28;

[Model(14, 14, 16, Defaults = Defaults.PyTorch), Conv2D(32, 5, Activation = Activation.Relu), GlobalAveragePool2D, Dense(2, Activation = Activation.Softmax), Adam, CategoricalCrossentropy]
internal sealed partial class Conv5From16To32At14;

[Model(14, 14, 1, Defaults = Defaults.PyTorch), Conv2D(16, 1), Conv2D(32, 5, Activation = Activation.Relu), GlobalAveragePool2D, Dense(2, Activation = Activation.Softmax), Adam, CategoricalCrossentropy]
internal sealed partial class Conv5From16To32At14Inner;

[Model(14, 14, 32, Defaults = Defaults.PyTorch), Conv2D(64, 5, Pad = 2, Activation = Activation.Relu), GlobalAveragePool2D, Dense(2, Activation = Activation.Softmax), Adam, CategoricalCrossentropy]
internal sealed partial class Conv5From32To64At14;

[Model(14, 14, 1, Defaults = Defaults.PyTorch), Conv2D(32, 1), Conv2D(64, 5, Pad = 2, Activation = Activation.Relu), GlobalAveragePool2D, Dense(2, Activation = Activation.Softmax), Adam, CategoricalCrossentropy]
internal sealed partial class Conv5From32To64At14Inner;

[Model(28, 28, 64, Defaults = Defaults.PyTorch), Conv2D(64, 5, Pad = 2, Activation = Activation.Relu), GlobalAveragePool2D, Dense(2, Activation = Activation.Softmax), Adam, CategoricalCrossentropy]
internal sealed partial class Conv5From64To64At28;

[Model(28, 28, 1, Defaults = Defaults.PyTorch), Conv2D(64, 1), Conv2D(64, 5, Pad = 2, Activation = Activation.Relu), GlobalAveragePool2D, Dense(2, Activation = Activation.Softmax), Adam, CategoricalCrossentropy]
internal sealed partial class Conv5From64To64At28Inner;

[Model(112, 112, 3, Defaults = Defaults.PyTorch), Conv2D(64, 7, Stride = 2, Pad = 3, Activation = Activation.Relu), GlobalAveragePool2D, Dense(2, Activation = Activation.Softmax), Adam, CategoricalCrossentropy]
internal sealed partial class Conv7From3To64At112Stride2;

[Model(32, 32, 3, Defaults = Defaults.PyTorch), Conv2D(32, 7, Activation = Activation.Relu), GlobalAveragePool2D, Dense(2, Activation = Activation.Softmax), Adam, CategoricalCrossentropy]
internal sealed partial class Conv7From3To32At32;

[Model(56, 56, 16, Defaults = Defaults.PyTorch), Conv2D(32, 7, Stride = 2, Pad = 3, Activation = Activation.Relu), GlobalAveragePool2D, Dense(2, Activation = Activation.Softmax), Adam, CategoricalCrossentropy]
internal sealed partial class Conv7From16To32At56Stride2;

[Model(56, 56, 1, Defaults = Defaults.PyTorch), Conv2D(16, 1), Conv2D(32, 7, Stride = 2, Pad = 3, Activation = Activation.Relu), GlobalAveragePool2D, Dense(2, Activation = Activation.Softmax), Adam, CategoricalCrossentropy]
internal sealed partial class Conv7From16To32At56Stride2Inner;

[Model(8, 8, 1, Defaults = Defaults.PyTorch), Flatten, Dense(64, Activation = Activation.Relu), Dense(2, Activation = Activation.Softmax), Adam, CategoricalCrossentropy]
internal sealed partial class Dense64To64;

[Model(28, 28, 1, Defaults = Defaults.PyTorch), Flatten, Dense(256, Activation = Activation.Relu), Dense(2, Activation = Activation.Softmax), Adam, CategoricalCrossentropy]
internal sealed partial class Dense784To256;

[Model(32, 32, 1, Defaults = Defaults.PyTorch), Flatten, Dense(1024, Activation = Activation.Relu), Dense(2, Activation = Activation.Softmax), Adam, CategoricalCrossentropy]
internal sealed partial class Dense1024To1024;

[Model(64, 64, 1, Defaults = Defaults.PyTorch), Flatten, Dense(64, Activation = Activation.Relu), Dense(2, Activation = Activation.Softmax), Adam, CategoricalCrossentropy]
internal sealed partial class Dense4096To64;

[Model(8, 8, 1, Defaults = Defaults.PyTorch), Flatten, Dense(4096, Activation = Activation.Relu), Dense(2, Activation = Activation.Softmax), Adam, CategoricalCrossentropy]
internal sealed partial class Dense64To4096;

[Model(64, 64, 1, Defaults = Defaults.PyTorch), Flatten, Dense(4096, Activation = Activation.Relu), Dense(2, Activation = Activation.Softmax), Adam, CategoricalCrossentropy]
internal sealed partial class Dense4096To4096;

[Model(16, 32, 1, Defaults = Defaults.PyTorch), Flatten, Dense(512, Activation = Activation.Relu), Dense(512, Activation = Activation.Relu), Dense(2, Activation = Activation.Softmax), Adam, CategoricalCrossentropy]
internal sealed partial class Dense512To512To512;
