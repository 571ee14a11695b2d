using System.Numerics;

namespace Convoke.PtxEmulator;

/// <summary>
/// An instruction by a function of one lane, for what is rare or has no vector form: registers of any width, up to three sources and one argument that
/// the instruction fixes.
/// </summary>
internal sealed unsafe class LaneMap(int result, bool wideResult, (int Offset, bool Wide)[] sources, delegate*<ulong, ulong, ulong, int, ulong> function, int argument) : Operation
{
    private readonly (int Offset, bool Wide) _a = sources[0], _b = sources.Length > 1 ? sources[1] : sources[0], _c = sources.Length > 2 ? sources[2] : sources[0];

    public override void Execute(Warp warp)
    {
        byte* registers = warp.Registers;
        for (uint left = warp.Mask; left != 0; left &= left - 1)
        {
            int lane = BitOperations.TrailingZeroCount(left);
            ulong value = function(Read(registers, _a, lane), Read(registers, _b, lane), Read(registers, _c, lane), argument);
            if (wideResult) ((ulong*)(registers + result))[lane] = value;
            else ((uint*)(registers + result))[lane] = (uint)value;
        }
    }

    private static ulong Read(byte* registers, (int Offset, bool Wide) source, int lane) =>
        source.Wide ? ((ulong*)(registers + source.Offset))[lane] : ((uint*)(registers + source.Offset))[lane];
}
