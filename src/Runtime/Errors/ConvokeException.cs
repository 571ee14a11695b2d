namespace Convoke;

/// <summary>Base of every error that Convoke raises for a reason of its own; the message says what was found and what was expected.</summary>
public class ConvokeException : Exception
{
    /// <summary>An error with a message for people.</summary>
    public ConvokeException(string message) : base(message) { }

    /// <summary>An error with a message for people and the error underneath.</summary>
    public ConvokeException(string message, Exception innerException) : base(message, innerException) { }
}
