namespace Convoke;

/// <summary>The function that a layer applies to its output.</summary>
public enum Activation
{
    /// <summary>None: y = x.</summary>
    None,

    /// <summary>y = max(x, 0), element by element. Its derivative at 0 is 0.</summary>
    Relu,

    /// <summary>y_i = exp(x_i) / Σ_j exp(x_j) over the classes: probabilities. Only the last layer may have it.</summary>
    Softmax,
}
