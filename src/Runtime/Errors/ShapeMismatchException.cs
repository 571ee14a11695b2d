namespace Convoke;

/// <summary>Data whose sizes disagree with the model's or with each other; the message has both sides.</summary>
public sealed class ShapeMismatchException : ConvokeException
{
    /// <summary>An error that says what was found, what was expected, and what to write instead.</summary>
    public ShapeMismatchException(string message) : base(message)
    {
    }

    /// <summary>An error with the one that caused it.</summary>
    public ShapeMismatchException(string message, Exception innerException) : base(message, innerException)
    {
    }
}
