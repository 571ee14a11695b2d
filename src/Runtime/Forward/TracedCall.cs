namespace Convoke;

/// <summary>One call that <c>Forward</c> made.</summary>
/// <param name="Layer">Name of the layer, as its parameters have it ("conv1"), or of the operation ("relu").</param>
/// <param name="Inputs">The calls whose results it reads; -1 for the model's input.</param>
public sealed record TracedCall(string Layer, IReadOnlyList<int> Inputs)
{
    /// <summary>The layer and what it reads, such as "fc2(%6)".</summary>
    public override string ToString() => $"{Layer}({string.Join(", ", Inputs.Select(static input => input < 0 ? "input" : FormattableString.Invariant($"%{input}")))})";
}
