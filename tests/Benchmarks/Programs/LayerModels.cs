namespace Convoke.Benchmarks.Programs;

// A model ends in a Dense layer, so each single layer carries the smallest head there is: two classes, behind a flatten.
// It costs every contender the same: one pass over the layer's output and one back. The layer that sees the image needs no gradient of its
// input; the stacks of two equal layers are there for that.

[Model(28, 28, 1, Defaults = Defaults.PyTorch), Conv2D(32, 3, Activation = Activation.Relu), Flatten, Dense(2, Activation = Activation.Softmax), Adam, CategoricalCrossentropy]
internal sealed partial class Conv3From1;

[Model(32, 32, 3, Defaults = Defaults.PyTorch), Conv2D(32, 3, Activation = Activation.Relu), Flatten, Dense(2, Activation = Activation.Softmax), Adam, CategoricalCrossentropy]
internal sealed partial class Conv3From3;

[Model(32, 32, 3, Defaults = Defaults.PyTorch), Conv2D(32, 7, Activation = Activation.Relu), Flatten, Dense(2, Activation = Activation.Softmax), Adam, CategoricalCrossentropy]
internal sealed partial class Conv7From3;

[Model(14, 14, 16, Defaults = Defaults.PyTorch), Conv2D(32, 5, Activation = Activation.Relu), Flatten, Dense(2, Activation = Activation.Softmax), Adam, CategoricalCrossentropy]
internal sealed partial class Conv5From16;

[Model(13, 13, 32, Defaults = Defaults.PyTorch), Conv2D(64, 3, Activation = Activation.Relu), Flatten, Dense(2, Activation = Activation.Softmax), Adam, CategoricalCrossentropy]
internal sealed partial class Conv3From32;

[Model(13, 13, 32, Defaults = Defaults.PyTorch), Conv2D(64, 3, Activation = Activation.Relu), MaxPool2D(2), Flatten, Dense(2, Activation = Activation.Softmax), Adam, CategoricalCrossentropy]
internal sealed partial class Conv3From32Pooled;

[Model(28, 28, 64, Defaults = Defaults.PyTorch), Conv2D(64, 3, Activation = Activation.Relu), Flatten, Dense(2, Activation = Activation.Softmax), Adam, CategoricalCrossentropy]
internal sealed partial class Conv3From64;

[Model(14, 14, 64, Defaults = Defaults.PyTorch), Conv2D(128, 1, Activation = Activation.Relu), Flatten, Dense(2, Activation = Activation.Softmax), Adam, CategoricalCrossentropy]
internal sealed partial class Conv1From64;

[Model(7, 7, 256, Defaults = Defaults.PyTorch), Conv2D(256, 3, Activation = Activation.Relu), Flatten, Dense(2, Activation = Activation.Softmax), Adam, CategoricalCrossentropy]
internal sealed partial class Conv3From256;

[Model(112, 112, 1, Defaults = Defaults.PyTorch), Conv2D(16, 3, Activation = Activation.Relu), Flatten, Dense(2, Activation = Activation.Softmax), Adam, CategoricalCrossentropy]
internal sealed partial class Conv3Large;

[Model(16, 16, 32, Defaults = Defaults.PyTorch), Conv2D(32, 3, Activation = Activation.Relu), Conv2D(32, 3, Activation = Activation.Relu), Flatten, Dense(2, Activation = Activation.Softmax), Adam, CategoricalCrossentropy]
internal sealed partial class Conv3Twice;

[Model(28, 28, 1, Defaults = Defaults.PyTorch), Flatten, Dense(256, Activation = Activation.Relu), Dense(2, Activation = Activation.Softmax), Adam, CategoricalCrossentropy]
internal sealed partial class Dense784;

[Model(32, 32, 1, Defaults = Defaults.PyTorch), Flatten, Dense(1024, Activation = Activation.Relu), Dense(2, Activation = Activation.Softmax), Adam, CategoricalCrossentropy]
internal sealed partial class Dense1024;

[Model(64, 64, 1, Defaults = Defaults.PyTorch), Flatten, Dense(64, Activation = Activation.Relu), Dense(2, Activation = Activation.Softmax), Adam, CategoricalCrossentropy]
internal sealed partial class Dense4096;

[Model(16, 32, 1, Defaults = Defaults.PyTorch), Flatten, Dense(512, Activation = Activation.Relu), Dense(512, Activation = Activation.Relu), Dense(2, Activation = Activation.Softmax), Adam, CategoricalCrossentropy]
internal sealed partial class Dense512Twice;
