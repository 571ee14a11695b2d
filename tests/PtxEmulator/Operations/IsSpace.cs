using System.Numerics;

namespace Convoke.PtxEmulator;

/// <summary>isspacep: does a generic address lie in a space?</summary>
internal sealed unsafe class IsSpace(int result, StateSpace space, int source) : Operation
{
    public override void Execute(Warp warp)
    {
        uint holds = 0;
        for (uint left = warp.Mask; left != 0; left &= left - 1)
        {
            int lane = BitOperations.TrailingZeroCount(left);
            if (warp.Block.SpaceOf(warp, lane, ((ulong*)(warp.Registers + source))[lane]) == space) holds |= 1u << lane;
        }
        SetPredicate.Store(warp, result, holds);
    }
}
