using Convoke.Kernels.Models;

namespace Convoke.Generator;

/// <summary>Operations of Forward as calls of the model. An activation of a layer that the layer's own specification cannot hold becomes such a call behind it.</summary>
internal static class Operations
{
    /// <summary>The call that an activation is, under the name that <c>Convoke.Ops</c> records; null for none.</summary>
    /// <param name="kind">The activation.</param>
    /// <param name="slope">Slope of a leaky ReLU.</param>
    public static LayerSpec? Of(ActivationKind kind, double slope) => kind switch
    {
        ActivationKind.None => null,
        ActivationKind.Relu => new ReluSpec("relu"),
        ActivationKind.Softmax => new SoftmaxSpec("softmax"),
        ActivationKind.LeakyRelu => new ActivationSpec("leaky_relu", kind, slope),
        ActivationKind.Gelu => new ActivationSpec("gelu", kind),
        ActivationKind.Silu => new ActivationSpec("silu", kind),
        ActivationKind.Sigmoid => new ActivationSpec("sigmoid", kind),
        ActivationKind.Tanh => new ActivationSpec("tanh", kind),
        ActivationKind.LogSoftmax => new ActivationSpec("log_softmax", kind),
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, null),
    };

    /// <summary>The slope of a leaky ReLU that a layer has: Keras's of <c>keras.activations.leaky_relu</c>, or PyTorch's of <c>nn.LeakyReLU</c>.</summary>
    public static double SlopeOf(Preset preset) => preset == Preset.PyTorch ? 0.01 : 0.2;

    /// <summary>C# text of the call in a layer method's body, so that running Forward records what was read.</summary>
    public static string Write(LayerSpec operation, string argument) => operation switch
    {
        ReluSpec => Call("Relu", argument),
        SoftmaxSpec => Call("Softmax", argument),
        ActivationSpec { Kind: ActivationKind.LeakyRelu, Slope: var slope } => Call("LeakyRelu", $"{argument}, {Literals.Of(slope)}"),
        ActivationSpec activation => Call(activation.Kind.ToString(), argument),
        _ => throw new ArgumentException($"{operation.GetType().Name} is no activation.", nameof(operation)),
    };

    private static string Call(string method, string arguments) => $"global::{Names.Namespace}.{Names.Ops}.{method}({arguments})";
}
