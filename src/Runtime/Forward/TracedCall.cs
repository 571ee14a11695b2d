namespace Convoke;

/// <summary>One call that <c>Forward</c> made.</summary>
/// <param name="Layer">Name of the layer, as its parameters have it ("conv1"), or of the operation ("relu").</param>
/// <param name="Inputs">The calls whose results it reads; -1 for the model's first input, -2 for its second, and so on.</param>
public sealed record TracedCall(string Layer, IReadOnlyList<int> Inputs)
{
    /// <summary>Numbers that the operation was given, such as the slope of a leaky ReLU.</summary>
    public IReadOnlyList<double> Arguments { get; init; } = [];

    /// <summary>"input", and behind the first one "input2".</summary>
    internal static string Input(int call) => call == -1 ? "input" : FormattableString.Invariant($"input{-call}");

    /// <summary>The layer, what it reads, and its numbers, such as "fc2(%6)" or "upsample(%3, 2, 2)".</summary>
    public override string ToString() => $"{Layer}({string.Join(", ", [.. Inputs.Select(static input => input < 0 ? Input(input) : FormattableString.Invariant($"%{input}")), .. Arguments.Select(static number => FormattableString.Invariant($"{number}"))])})";
}
