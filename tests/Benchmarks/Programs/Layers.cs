namespace Convoke.Benchmarks.Programs;

/// <summary>One layer, as every contender builds it.</summary>
internal abstract record Layer;

/// <summary>Square convolution.</summary>
internal sealed record Conv(int Filters, int Kernel, bool Relu = true) : Layer
{
    public int Stride { get; init; } = 1;

    /// <summary>Zeros on every side.</summary>
    public int Pad { get; init; }

    public bool Bias { get; init; } = true;

    /// <summary>Extent of the result.</summary>
    public int Out(int extent) => ((extent + (2 * Pad) - Kernel) / Stride) + 1;
}

/// <summary>Batch normalization with PyTorch's constants, then ReLU.</summary>
internal sealed record Norm : Layer;

/// <summary>Square max-pooling, windows do not overlap.</summary>
internal sealed record Pool(int Size) : Layer;

/// <summary>The maximum over the image.</summary>
internal sealed record GlobalMax : Layer;

/// <summary>The mean of the image.</summary>
internal sealed record GlobalMean : Layer;

/// <summary>Each pixel becomes a square of equal ones.</summary>
internal sealed record Upsample(int Factor) : Layer;

/// <summary>Dropout, while training.</summary>
internal sealed record Drop(double Rate) : Layer;

/// <summary>Gives what stands here a name, for <see cref="Sum"/> and <see cref="Join"/>.</summary>
internal sealed record Mark(string Name) : Layer;

/// <summary>Adds a marked value.</summary>
internal sealed record Sum(string With) : Layer;

/// <summary>Channels of a marked value behind one's own.</summary>
internal sealed record Join(string With) : Layer;

/// <summary>Fully connected with bias; the first one flattens what it receives.</summary>
internal sealed record Dense(int Units, bool Relu = true) : Layer;
