using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Convoke.PtxEmulator;

/// <summary>
/// 32 lanes and their registers. A register of 16 or 32 bits is 32 words, one of 64 bits is 32 double words; operations address them by byte offset
/// from <see cref="Registers"/>. 16-bit registers keep their upper half zero.
/// </summary>
internal sealed unsafe class Warp
{
    public const int Lanes = 32;

    private static readonly Vector512<uint> LowBits = Vector512.Create(1u, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768);

    private Vector512<uint> _maskLow, _maskHigh;

    public Warp(BlockContext block, int index, byte* registers, uint* predicates, byte* local)
    {
        (Block, Index) = (block, index);
        Registers = registers;
        Predicates = predicates;
        Local = local;
    }

    public BlockContext Block { get; }
    public int Index { get; }
    public byte* Registers { get; }
    public uint* Predicates { get; }

    /// <summary>Local memory: <see cref="FunctionBody.LocalBytes"/> for each lane in turn.</summary>
    public byte* Local { get; }

    /// <summary>Lanes that exist and have not returned.</summary>
    public uint Live { get; private set; }

    /// <summary>Lanes the running operation is for.</summary>
    public uint Mask { get; private set; }

    /// <summary>Every live lane takes part: results may be written to all 32, since nothing reads those of dead lanes.</summary>
    public bool IsFull { get; private set; }

    /// <summary>Number of __syncwarp since the last barrier, which order accesses within the warp.</summary>
    public uint SyncEpoch { get; set; }

    /// <summary>Lanes by where they are; more than one group while they have parted.</summary>
    public LaneGroup[] Groups { get; } = new LaneGroup[Lanes];
    public int GroupCount { get; set; }

    /// <summary>cp.async copies that were not waited for, in pessimistic mode.</summary>
    public List<PendingCopy> PendingCopies { get; } = [];

    public Vector512<uint> MaskLow => _maskLow;
    public Vector512<uint> MaskHigh => _maskHigh;

    public static byte* AllocateZeroed(long bytes)
    {
        byte* memory = (byte*)NativeMemory.AlignedAlloc((nuint)Math.Max(bytes, 64), 64);
        NativeMemory.Clear(memory, (nuint)Math.Max(bytes, 64));
        return memory;
    }

    public void Start(uint live)
    {
        Live = live;
        SyncEpoch = 0;
        PendingCopies.Clear();
        Groups[0] = new() { Block = 0, Mask = live, State = LaneState.Ready };
        GroupCount = 1;
        ForceMask(live);
    }

    public void Retire(uint lanes)
    {
        Live &= ~lanes;
        ForceMask(Mask);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void SetMask(uint mask)
    {
        if (mask != Mask) ForceMask(mask);
    }

    /// <summary>The active lanes of 8 from <paramref name="first"/>, for 64-bit operations.</summary>
    public Vector512<ulong> WideMask(int first)
    {
        Vector512<ulong> bits = Vector512.Create(1ul, 2, 4, 8, 16, 32, 64, 128);
        return Vector512.Equals(Vector512.Create((ulong)(Mask >> first)) & bits, bits);
    }

    public DeviceFaultException Fault(DeviceFaultKind kind, int lane, Instruction? at, string what) =>
        new(kind, Block.Launch.Kernel, Block.Place, Block.Launch.Block.At(Index * Lanes + lane), at, what);

    private void ForceMask(uint mask)
    {
        Mask = mask;
        IsFull = (mask | ~Live) == uint.MaxValue;
        if (IsFull) return;
        Vector512<uint> low = LowBits;
        _maskLow = Vector512.Equals(Vector512.Create(mask) & low, low);
        _maskHigh = Vector512.Equals(Vector512.Create(mask >> 16) & low, low);
    }
}
