namespace Convoke.Cuda.Tests;

/// <summary>Program A, the small one that everybody knows.</summary>
[Model(28, 28, 1)]
[Conv2D(32, 3, Activation = Activation.Relu)]
[MaxPool2D(2)]
[Flatten]
[Dense(10, Activation = Activation.Softmax)]
[Adam, CategoricalCrossentropy, Accuracy]
internal sealed partial class ProgramA;

/// <summary>Program B: two convolutions and a hidden layer.</summary>
[Model(28, 28, 1)]
[Conv2D(32, 3, Activation = Activation.Relu)]
[MaxPool2D(2)]
[Conv2D(64, 3, Activation = Activation.Relu)]
[MaxPool2D(2)]
[Flatten]
[Dense(128, Activation = Activation.Relu)]
[Dense(10, Activation = Activation.Softmax)]
[Adam, CategoricalCrossentropy, Accuracy]
internal sealed partial class ProgramB;

/// <summary>What A and B do not have: channels first, colour, PyTorch's conventions, class indices, plain gradient descent, a convolution that is not pooled.</summary>
[Model(3, 12, 10, Layout = Layout.ChannelsFirst, Defaults = Defaults.PyTorch)]
[Conv2D(8, 3, Activation = Activation.Relu)]
[Conv2D(12, 3, Activation = Activation.Relu)]
[MaxPool2D(2)]
[Flatten]
[Dense(6)]
[Sgd(0.05), CrossEntropy, Accuracy]
internal sealed partial class ColorNet;
