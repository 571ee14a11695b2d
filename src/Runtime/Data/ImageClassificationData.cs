namespace Convoke;

/// <summary>A training set and a test set with the names of their classes, and where they came from.</summary>
public sealed class ImageClassificationData
{
    /// <summary>Samples to train on.</summary>
    public required Dataset Train { get; init; }

    /// <summary>Samples to judge by; never trained on.</summary>
    public required Dataset Test { get; init; }

    /// <summary>Name of each class, by label.</summary>
    public required IReadOnlyList<string> ClassNames { get; init; }

    /// <summary>One line for people: which files from where, or that the digits are drawn.</summary>
    public required string Origin { get; init; }

    /// <summary>True when the images are drawn by <see cref="DrawnDigits"/>: accuracies on them say nothing about the real data set.</summary>
    public bool IsDrawn { get; init; }

    /// <summary>One line per place that was tried, and what came of it.</summary>
    public IReadOnlyList<string> Log { get; init; } = [];
}
