using System.Collections;
using System.Globalization;

namespace Convoke;

/// <summary>Mean loss of each output that has one, without its weight: by the output's name, or in the order of the outputs.</summary>
public readonly struct OutputLosses : IReadOnlyList<double>, IEquatable<OutputLosses>
{
    private readonly string[]? _names;

    // A model with one loss, which is nearly every model, gets its result without an allocation.
    private readonly double _only;
    private readonly double[]? _several;

    internal OutputLosses(string[] names, ReadOnlySpan<double> sums, long count)
    {
        _names = names;
        if (sums.Length == 1) _only = sums[0] / count;
        if (sums.Length < 2) return;
        _several = new double[sums.Length];
        for (int i = 0; i < sums.Length; i++) _several[i] = sums[i] / count;
    }

    /// <summary>Number of losses.</summary>
    public int Count => _names?.Length ?? 0;

    /// <summary>Names of the outputs that have a loss; "Output" for a model's only one.</summary>
    public IReadOnlyList<string> Names => _names ?? [];

    /// <summary>The loss at a place.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There are not as many losses.</exception>
    public double this[int index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfNegative(index);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
            return _several is null ? _only : _several[index];
        }
    }

    /// <summary>The loss of an output.</summary>
    /// <exception cref="KeyNotFoundException">There is no loss on an output of that name; the message has the names that there are.</exception>
    public double this[string output]
    {
        get
        {
            int index = Array.IndexOf(_names ?? [], output);
            return index >= 0 ? this[index] : throw new KeyNotFoundException($"No output \"{output}\" has a loss; there are {(Count == 0 ? "none" : string.Join(", ", Names))}.");
        }
    }

    /// <summary>Whether both have the same names and losses.</summary>
    public bool Equals(OutputLosses other) => Names.SequenceEqual(other.Names) && this.SequenceEqual<double>(other);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is OutputLosses other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => Count == 0 ? 0 : HashCode.Combine(Count, this[0]);

    /// <summary>Whether both have the same names and losses.</summary>
    public static bool operator ==(OutputLosses left, OutputLosses right) => left.Equals(right);

    /// <summary>Whether they differ.</summary>
    public static bool operator !=(OutputLosses left, OutputLosses right) => !left.Equals(right);

    /// <summary>The losses in order.</summary>
    public IEnumerator<double> GetEnumerator()
    {
        for (int i = 0; i < Count; i++) yield return this[i];
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>"Classes 0.4310, Boxes 0.0127".</summary>
    public override string ToString()
    {
        OutputLosses losses = this;
        return string.Join(", ", Names.Select((name, i) => string.Create(CultureInfo.InvariantCulture, $"{name} {losses[i]:0.0000}")));
    }
}
