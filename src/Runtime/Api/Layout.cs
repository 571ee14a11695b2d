namespace Convoke;

/// <summary>Order of an image's axes in memory, last axis contiguous.</summary>
public enum Layout
{
    /// <summary>Height, width, channels (NHWC), as Keras has it.</summary>
    ChannelsLast,

    /// <summary>Channels, height, width (NCHW), as PyTorch has it.</summary>
    ChannelsFirst,
}
