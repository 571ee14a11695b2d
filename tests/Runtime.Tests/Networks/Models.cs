namespace Convoke.Runtime.Tests.Networks;

/// <summary>Program A, as its readers write it.</summary>
[Model(28, 28, 1)]
[Conv2D(32, 3, Activation = Activation.Relu)]
[MaxPool2D(2)]
[Flatten]
[Dense(10, Activation = Activation.Softmax)]
[Adam, CategoricalCrossentropy, Accuracy]
public partial class ProgramA;

/// <summary>Program B.</summary>
[Model(28, 28, 1)]
[Conv2D(32, 3, Activation = Activation.Relu)]
[MaxPool2D(2)]
[Conv2D(64, 3, Activation = Activation.Relu)]
[MaxPool2D(2)]
[Flatten]
[Dense(128, Activation = Activation.Relu)]
[Dense(10, Activation = Activation.Softmax)]
[Adam, CategoricalCrossentropy, Accuracy]
public partial class ProgramB;

/// <summary>Program A with PyTorch's conventions: names, axis orders, Adam's form, logits.</summary>
[Model(1, 28, 28, Layout = Layout.ChannelsFirst, Defaults = Defaults.PyTorch)]
[Conv2D(32, 3, Activation = Activation.Relu)]
[MaxPool2D(2)]
[Flatten]
[Dense(10)]
[Adam, CrossEntropy, Accuracy]
public partial class TorchA;

/// <summary>Program B with PyTorch's conventions.</summary>
[Model(1, 28, 28, Layout = Layout.ChannelsFirst, Defaults = Defaults.PyTorch)]
[Conv2D(32, 3, Activation = Activation.Relu)]
[MaxPool2D(2)]
[Conv2D(64, 3, Activation = Activation.Relu)]
[MaxPool2D(2)]
[Flatten]
[Dense(128, Activation = Activation.Relu)]
[Dense(10)]
[Adam, CrossEntropy, Accuracy]
public partial class TorchB;

/// <summary>Program A in PyTorch's axis orders, but with Keras's form of Adam.</summary>
[Model(1, 28, 28, Layout = Layout.ChannelsFirst)]
[Conv2D(32, 3, Activation = Activation.Relu)]
[MaxPool2D(2)]
[Flatten]
[Dense(10)]
[Adam, CrossEntropy, Accuracy]
public partial class KerasAdamA;

/// <summary>Ragged in every way: odd sizes, three channels first, a window that does not divide, a convolution that nothing pools.</summary>
[Model(3, 13, 11, Layout = Layout.ChannelsFirst, Defaults = Defaults.PyTorch)]
[Conv2D(10, 2, Activation = Activation.Relu)]
[Conv2D(7, 3)]
[MaxPool2D(3)]
[Flatten]
[Dense(19, Activation = Activation.Relu)]
[Dense(5)]
[Sgd(0.05), CrossEntropy, Accuracy]
public partial class Ragged;
