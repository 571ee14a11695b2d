namespace Convoke;

/// <summary>A device that this machine or this version does not have; the message lists what there is.</summary>
public sealed class DeviceNotAvailableException : ConvokeException
{
    /// <summary>An error that says what was found, what was expected, and what to write instead.</summary>
    public DeviceNotAvailableException(string message) : base(message)
    {
    }

    /// <summary>An error with the one that caused it.</summary>
    public DeviceNotAvailableException(string message, Exception innerException) : base(message, innerException)
    {
    }
}
