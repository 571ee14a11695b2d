using System.Text;

namespace Convoke.Benchmarks.Contenders;

/// <summary>As much of the protobuf wire format as an ONNX model needs: TorchSharp cannot export one, and there is no ONNX writer for .NET.</summary>
internal sealed class Protobuf
{
    private const ulong Varint = 0;
    private const ulong Delimited = 2;

    private readonly List<byte> _bytes = [];

    public Protobuf Integer(int field, long value)
    {
        Write(((ulong)field << 3) | Varint);
        Write((ulong)value);
        return this;
    }

    public Protobuf Bytes(int field, ReadOnlySpan<byte> value)
    {
        Write(((ulong)field << 3) | Delimited);
        Write((ulong)value.Length);
        _bytes.AddRange(value);
        return this;
    }

    public Protobuf Text(int field, string value) => Bytes(field, Encoding.UTF8.GetBytes(value));

    public Protobuf Message(int field, Protobuf value) => Bytes(field, value.ToArray());

    public byte[] ToArray() => _bytes.ToArray();

    private void Write(ulong value)
    {
        for (; value >= 0x80; value >>= 7) _bytes.Add((byte)(value | 0x80));
        _bytes.Add((byte)value);
    }
}
