namespace Convoke.Generator;

/// <summary>Upper bounds of what a model may say: far above any use, low enough that products of two stay within 64 bits and of one with 4 bytes within 32.</summary>
internal static class Limits
{
    /// <summary>Height, width and channels of the input, filters of a convolution.</summary>
    public const int Extent = 16384;

    /// <summary>Rows and columns of a filter or a pooling window.</summary>
    public const int Window = 1024;

    /// <summary>Units of a dense layer.</summary>
    public const int Units = 1 << 20;
}
