using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Convoke.Oracle;

/// <summary>Where Adam adds its epsilon.</summary>
internal enum EpsilonPlace
{
    /// <summary>PyTorch: rate/(1-b1^t) * m / (sqrt(v / (1-b2^t)) + eps).</summary>
    AfterCorrection,

    /// <summary>Keras: rate * sqrt(1-b2^t)/(1-b1^t) * m / (sqrt(v) + eps).</summary>
    BeforeCorrection,
}

/// <summary>Adam written out in tensor operations: TorchSharp has only PyTorch's form, and Keras's is wanted too.</summary>
internal sealed class HandAdam(IReadOnlyList<Parameter> parameters, double rate, double beta1, double beta2, double epsilon, EpsilonPlace place)
{
    private readonly Tensor[] first = [.. parameters.Select(static parameter => zeros_like(parameter).requires_grad_(false))];
    private readonly Tensor[] second = [.. parameters.Select(static parameter => zeros_like(parameter).requires_grad_(false))];
    private int time;

    /// <summary>One update of every parameter by its gradient.</summary>
    public void Step()
    {
        using var noGradient = no_grad();
        time++;
        var correction1 = 1 - Math.Pow(beta1, time);
        var correction2 = 1 - Math.Pow(beta2, time);
        for (var i = 0; i < parameters.Count; i++)
        {
            using var scope = NewDisposeScope();
            var gradient = parameters[i].grad ?? throw new InvalidOperationException("A parameter has no gradient.");
            first[i].mul_(beta1).add_(gradient * (1 - beta1));
            second[i].mul_(beta2).add_(gradient * gradient * (1 - beta2));
            var update = place == EpsilonPlace.AfterCorrection
                ? rate / correction1 * first[i] / ((second[i] / correction2).sqrt() + epsilon)
                : rate * Math.Sqrt(correction2) / correction1 * first[i] / (second[i].sqrt() + epsilon);
            parameters[i].sub_(update);
        }
    }
}
