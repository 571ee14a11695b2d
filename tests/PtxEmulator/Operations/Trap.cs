using System.Numerics;

namespace Convoke.PtxEmulator;

/// <summary>trap and brkpt: the kernel says that something is wrong.</summary>
internal sealed class Trap(Instruction at) : Operation
{
    public override void Execute(Warp warp) =>
        throw warp.Fault(DeviceFaultKind.Trap, BitOperations.TrailingZeroCount(warp.Mask), at, "the kernel stopped itself");
}
