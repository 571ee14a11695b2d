namespace Convoke;

/// <summary>A value inside a model's <c>Forward</c>: what an input, a layer or an operation yields for one sample.</summary>
/// <remarks>
/// <c>Forward</c> is read while the program compiles, where a <see cref="Sym"/> has a shape and no numbers. It is ordinary C# too: run on
/// <see cref="ForwardTrace.Input"/>, it records the same calls.
/// </remarks>
public sealed class Sym
{
    internal Sym(ForwardTrace trace, int call) => (Trace, Call) = (trace, call);

    /// <summary>Where the value was recorded.</summary>
    public ForwardTrace Trace { get; }

    /// <summary>Index in <see cref="ForwardTrace.Calls"/> of the call that yields the value; -1 for the first input, -2 for the second, and so on.</summary>
    public int Call { get; }

    /// <summary>The sum, element by element; both have the same shape.</summary>
    public static Sym operator +(Sym left, Sym right) => Ops.Add(left, right);

    /// <summary>The product, element by element; both have the same shape.</summary>
    public static Sym operator *(Sym left, Sym right) => Ops.Multiply(left, right);

    /// <inheritdoc/>
    public override string ToString() => Call < 0 ? TracedCall.Input(Call) : Trace.Calls[Call].ToString();
}
