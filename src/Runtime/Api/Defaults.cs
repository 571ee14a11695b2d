namespace Convoke;

/// <summary>The framework whose conventions a model follows where it does not say otherwise.</summary>
public enum Defaults
{
    /// <summary>
    /// Parameters <c>conv2d.kernel</c> (HWIO), <c>dense.kernel</c> (in, out); Glorot uniform weights, zero biases; Adam adds epsilon = 1e-7
    /// to the root of the uncorrected second moment.
    /// </summary>
    Keras,

    /// <summary>
    /// Parameters <c>conv1.weight</c> (OIHW), <c>fc1.weight</c> (out, in); weights and biases uniform in ±1/√(fan in); Adam adds epsilon = 1e-8
    /// to the root of the bias-corrected second moment.
    /// </summary>
    PyTorch,
}
