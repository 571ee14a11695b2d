using System.Runtime.InteropServices;
using System.Text;

namespace Convoke.EmulatedDriver;

/// <summary>Text to and from callers.</summary>
internal static unsafe class Text
{
    /// <summary>Writes as much of a text as fits, and a zero.</summary>
    /// <returns>Bytes of the whole text, without the zero.</returns>
    public static int Write(string text, byte* to, int bytes)
    {
        byte[] encoded = Encoding.UTF8.GetBytes(text);
        if (to is null || bytes <= 0) return encoded.Length;
        int written = Math.Min(encoded.Length, bytes - 1);
        encoded.AsSpan(0, written).CopyTo(new(to, bytes));
        to[written] = 0;
        return encoded.Length;
    }

    public static string Read(byte* text) =>
        Marshal.PtrToStringUTF8((nint)text) ?? throw new DriverError(Result.InvalidValue, "a null pointer where text is expected");
}
