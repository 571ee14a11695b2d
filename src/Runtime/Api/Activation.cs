namespace Convoke;

/// <summary>The function that a layer applies to its output.</summary>
public enum Activation
{
    /// <summary>None: y = x.</summary>
    None,

    /// <summary>y = max(x, 0), element by element. Its derivative at 0 is 0.</summary>
    Relu,

    /// <summary>y_i = exp(x_i) / Σ_j exp(x_j) over the last axis, the classes: probabilities. Only the last layer may have it.</summary>
    Softmax,

    /// <summary>
    /// y = x where x &gt; 0, else slope · x; its derivative at 0 is the slope. The slope is 0.2 with <see cref="Defaults.Keras"/> (<c>keras.activations.leaky_relu</c>) and
    /// 0.01 with <see cref="Defaults.PyTorch"/>; another one is <see cref="Ops.LeakyRelu"/>'s.
    /// </summary>
    LeakyRelu,

    /// <summary>y = x · Φ(x), Φ the normal distribution (Hendrycks and Gimpel, 2016), exact rather than by tanh.</summary>
    Gelu,

    /// <summary>y = x / (1 + exp(-x)) (Elfwing et al., 2018), also called swish.</summary>
    Silu,

    /// <summary>y = 1 / (1 + exp(-x)).</summary>
    Sigmoid,

    /// <summary>y = tanh(x).</summary>
    Tanh,

    /// <summary>y_i = x_i - log Σ_j exp(x_j) over the last axis: logarithms of probabilities. Only the last layer may have it.</summary>
    LogSoftmax,
}
