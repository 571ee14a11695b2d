namespace Convoke;

/// <summary>Records what a <c>Forward</c> calls when it runs as ordinary C#: what the generator read of it can be held against that.</summary>
/// <remarks>
/// <code>
/// var trace = new ForwardTrace();
/// Forward(trace.Input);                          // inside the model class
/// foreach (TracedCall call in trace.Calls) Console.WriteLine(call);
/// </code>
/// </remarks>
public sealed class ForwardTrace
{
    private readonly List<TracedCall> _calls = [];

    /// <summary>An empty record.</summary>
    /// <param name="inputs">Inputs of the model, at least one.</param>
    public ForwardTrace(int inputs = 1)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(inputs, 1);
        Inputs = [.. Enumerable.Range(0, inputs).Select(index => new Sym(this, -1 - index))];
    }

    /// <summary>The model's inputs, in the order of <c>Forward</c>'s parameters.</summary>
    public IReadOnlyList<Sym> Inputs { get; }

    /// <summary>The model's first input.</summary>
    public Sym Input => Inputs[0];

    /// <summary>The calls so far, in order.</summary>
    public IReadOnlyList<TracedCall> Calls => _calls;

    /// <summary>Records a call without numbers.</summary>
    /// <exception cref="ArgumentException">An input belongs to another record.</exception>
    internal static Sym Record(string layer, params ReadOnlySpan<Sym> inputs) => Record(layer, [], inputs);

    /// <summary>Records a call.</summary>
    /// <exception cref="ArgumentException">An input belongs to another record.</exception>
    internal static Sym Record(string layer, double[] arguments, params ReadOnlySpan<Sym> inputs)
    {
        if (inputs.IsEmpty) throw new ArgumentException($"{layer} needs a value to work on.", nameof(inputs));
        var calls = new int[inputs.Length];
        for (int i = 0; i < calls.Length; i++)
        {
            ArgumentNullException.ThrowIfNull(inputs[i], nameof(inputs));
            if (inputs[i].Trace != inputs[0].Trace) throw new ArgumentException($"{layer} mixes values of two traces.", nameof(inputs));
            calls[i] = inputs[i].Call;
        }

        ForwardTrace trace = inputs[0].Trace;
        trace._calls.Add(new TracedCall(layer, calls) { Arguments = arguments });
        return new Sym(trace, trace._calls.Count - 1);
    }
}
