using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Convoke;

/// <summary>Copies of one sample's pixels into the floats that kernels read.</summary>
internal static class PixelCopy
{
    /// <summary>A byte's weight; x * (1f / 255f) everywhere, so that every path gives the same bits.</summary>
    public const float ByteScale = 1f / 255f;

    /// <summary>destination[i] = source[i] * (1f / 255f).</summary>
    public static void Scale(ReadOnlySpan<byte> source, Span<float> destination)
    {
        destination = destination[..source.Length];   // checks the length before the unchecked stores below
        ref byte from = ref MemoryMarshal.GetReference(source);
        ref float to = ref MemoryMarshal.GetReference(destination);
        int i = 0;
        for (; i <= source.Length - Vector128<byte>.Count; i += Vector128<byte>.Count)
        {
            (Vector128<ushort> low, Vector128<ushort> high) = Vector128.Widen(Vector128.LoadUnsafe(ref from, (nuint)i));
            Store(low, ref to, i);
            Store(high, ref to, i + 8);
        }
        for (; i < source.Length; i++) destination[i] = source[i] * ByteScale;

        static void Store(Vector128<ushort> values, ref float to, int at)
        {
            (Vector128<uint> low, Vector128<uint> high) = Vector128.Widen(values);
            (Vector128.ConvertToSingle(low.AsInt32()) * ByteScale).StoreUnsafe(ref to, (nuint)at);
            (Vector128.ConvertToSingle(high.AsInt32()) * ByteScale).StoreUnsafe(ref to, (nuint)at + 4);
        }
    }

    /// <summary>[C, pixels] to [pixels, C], floats or bytes.</summary>
    public static void ToChannelsLast<T>(ReadOnlySpan<T> source, Span<T> destination, int channels) where T : unmanaged
    {
        int pixels = source.Length / channels;
        for (int c = 0; c < channels; c++)
        {
            ReadOnlySpan<T> plane = source.Slice(c * pixels, pixels);
            for (int p = 0; p < plane.Length; p++) destination[(p * channels) + c] = plane[p];
        }
    }

    /// <summary>u8[C, pixels] to f32[pixels, C], scaled.</summary>
    public static void ScaleToChannelsLast(ReadOnlySpan<byte> source, Span<float> destination, int channels)
    {
        int pixels = source.Length / channels;
        for (int c = 0; c < channels; c++)
        {
            ReadOnlySpan<byte> plane = source.Slice(c * pixels, pixels);
            for (int p = 0; p < plane.Length; p++) destination[(p * channels) + c] = plane[p] * ByteScale;
        }
    }
}
