namespace Convoke;

/// <summary>Labels of the wrong kind, count or range; the message says what the loss or the data set takes.</summary>
public sealed class LabelException : ConvokeException
{
    /// <summary>An error that says what was found, what was expected, and what to write instead.</summary>
    public LabelException(string message) : base(message)
    {
    }

    /// <summary>An error with the one that caused it.</summary>
    public LabelException(string message, Exception innerException) : base(message, innerException)
    {
    }
}
