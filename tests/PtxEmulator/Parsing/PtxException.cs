namespace Convoke.PtxEmulator;

/// <summary>PTX text that the emulator cannot read or does not know; <see cref="Line"/> counts from 1.</summary>
public sealed class PtxException(int line, string text) : Exception($"ptx line {line}: {text}")
{
    public int Line { get; } = line;
}
