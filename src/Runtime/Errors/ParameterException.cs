namespace Convoke;

/// <summary>A parameter name or length that the model does not have; the message lists what there is.</summary>
public sealed class ParameterException : ConvokeException
{
    /// <summary>An error that says what was found, what was expected, and what to write instead.</summary>
    public ParameterException(string message) : base(message)
    {
    }

    /// <summary>An error with the one that caused it.</summary>
    public ParameterException(string message, Exception innerException) : base(message, innerException)
    {
    }
}
