namespace Convoke;

/// <summary>The loss became NaN or infinite; the model's weights are as they were before the step.</summary>
public sealed class NonFiniteLossException : ConvokeException
{
    /// <summary>An error at a step.</summary>
    /// <param name="message">What was found, and where.</param>
    /// <param name="layerName">See <see cref="LayerName"/>.</param>
    /// <param name="epoch">See <see cref="Epoch"/>.</param>
    /// <param name="step">See <see cref="Step"/>.</param>
    public NonFiniteLossException(string message, string? layerName, int? epoch, long step) : base(message)
    {
        (LayerName, Epoch, Step) = (layerName, epoch, step);
    }

    /// <summary>First layer whose output is not finite, or "input" where the samples themselves are not (of several inputs the name of one); null where every layer's output is finite.</summary>
    public string? LayerName { get; }

    /// <summary>Epoch of the running <c>Fit</c>, from 1; null outside of one.</summary>
    public int? Epoch { get; }

    /// <summary>Optimizer step that was not taken, counted from 1 over the model's life.</summary>
    public long Step { get; }
}
