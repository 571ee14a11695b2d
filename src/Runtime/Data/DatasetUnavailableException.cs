namespace Convoke;

/// <summary>A data set was found nowhere; the message lists every place that was tried and why it failed.</summary>
public sealed class DatasetUnavailableException : ConvokeException
{
    /// <summary>No place of <paramref name="tried"/> had <paramref name="dataset"/>.</summary>
    public DatasetUnavailableException(string dataset, IReadOnlyList<string> tried)
        : base(Describe(dataset, tried)) => (Dataset, Tried) = (dataset, tried);

    /// <summary>No place of <paramref name="tried"/> had <paramref name="dataset"/>, with the error underneath.</summary>
    public DatasetUnavailableException(string dataset, IReadOnlyList<string> tried, Exception innerException)
        : base(Describe(dataset, tried), innerException) => (Dataset, Tried) = (dataset, tried);

    /// <summary>Name of the data set: "Fashion-MNIST".</summary>
    public string Dataset { get; }

    /// <summary>One line per place, in the order in which they were tried.</summary>
    public IReadOnlyList<string> Tried { get; }

    private static string Describe(string dataset, IReadOnlyList<string> tried) =>
        $"{dataset} is not available. Tried:{string.Concat(tried.Select(line => "\n  - " + line))}";
}
