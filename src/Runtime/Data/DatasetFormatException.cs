namespace Convoke;

/// <summary>A data file is not what it has to be: the message names the file, the field, what was found and what was expected.</summary>
public sealed class DatasetFormatException : ConvokeException
{
    /// <summary>An error about <paramref name="field"/> of <paramref name="file"/>.</summary>
    public DatasetFormatException(string file, string field, string found, string expected)
        : base(Describe(file, field, found, expected)) => (File, Field, Found, Expected) = (file, field, found, expected);

    /// <summary>An error about <paramref name="field"/> of <paramref name="file"/>, with the error underneath.</summary>
    public DatasetFormatException(string file, string field, string found, string expected, Exception innerException)
        : base(Describe(file, field, found, expected), innerException) => (File, Field, Found, Expected) = (file, field, found, expected);

    /// <summary>Path of the file, or its address when it was being downloaded.</summary>
    public string File { get; }

    /// <summary>Part of the file that is wrong: "magic number", "dimension 1 (height)", "payload".</summary>
    public string Field { get; }

    /// <summary>What stands there, with its unit.</summary>
    public string Found { get; }

    /// <summary>What has to stand there, with its unit.</summary>
    public string Expected { get; }

    private static string Describe(string file, string field, string found, string expected) =>
        $"{file}: {field}: found {found}, expected {expected}";
}
