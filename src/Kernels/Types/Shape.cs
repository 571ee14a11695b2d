using System.Globalization;

namespace Convoke.Kernels.Types;

/// <summary>Extents of a value. A per-sample value has a batch axis N before them, whose extent is known at run time only.</summary>
/// <param name="Extents">Images are H,W,C; flat values one extent; filters R,S,C,K; dense weights I,O.</param>
/// <param name="PerSample">Whether a batch axis stands before the extents.</param>
public sealed record Shape(EquatableArray<int> Extents, bool PerSample)
{
    public static Shape Image(int height, int width, int channels) => new([height, width, channels], PerSample: true);

    public static Shape Flat(int features) => new([features], PerSample: true);

    /// <summary>One element per sample, such as its loss.</summary>
    public static Shape Scalar { get; } = new([], PerSample: true);

    public static Shape Weights(params int[] extents) => new(new(extents), PerSample: false);

    public int Rank => Extents.Count;

    public int this[int axis] => Extents[axis];

    public bool IsImage => PerSample && Rank == 3;

    public bool IsFlat => PerSample && Rank == 1;

    /// <summary>Elements, of one sample if per sample.</summary>
    public int Count
    {
        get
        {
            int count = 1;
            foreach (int extent in Extents) count = checked(count * extent);
            return count;
        }
    }

    /// <summary>"28x28x1", as messages show it.</summary>
    public string Text => Rank == 0 ? "1" : string.Join("x", Extents.Select(static e => e.ToString(CultureInfo.InvariantCulture)));

    public override string ToString() => (PerSample ? "[N" : "[") + string.Concat(Extents.Select((e, i) => (PerSample || i > 0 ? "," : "") + e.ToString(CultureInfo.InvariantCulture))) + "]";
}
