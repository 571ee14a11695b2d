using System.Runtime.InteropServices;

namespace Convoke.PtxEmulator;

/// <summary>A running block: its warps and shared memory. A worker keeps one and uses it for block after block.</summary>
internal sealed unsafe class BlockContext : IDisposable
{
    private readonly byte* _registers;
    private readonly uint* _predicates;
    private readonly byte* _local;
    private readonly byte* _shared;
    private readonly int _threads;

    public BlockContext(KernelLaunch launch, ExecutionOptions options, DeviceMemory memory, MemoryBlock parameters)
    {
        (Launch, Options, Memory, ParameterBlock) = (launch, options, memory, parameters);
        Program = launch.Kernel.Program;
        _threads = (int)launch.Block.Count;
        SharedBytes = SharedLayout.TotalBytes(launch);
        _shared = Warp.AllocateZeroed(SharedBytes);
        Shared = new(_shared, SharedBytes, MemoryKind.Shared);
        int count = (_threads + Warp.Lanes - 1) / Warp.Lanes;
        LocalBytes = (launch.Kernel.LocalBytes + 15) / 16 * 16;
        long registers = Program.RegisterBytes, predicates = (Program.PredicateCount + 15) / 16 * 16, local = LocalBytes * Warp.Lanes;
        _registers = Warp.AllocateZeroed(registers * count);
        _predicates = (uint*)Warp.AllocateZeroed(predicates * 4 * count);
        _local = Warp.AllocateZeroed(local * count);
        LocalBlock = new(_local, local * count, MemoryKind.Local);
        Warps = new Warp[count];
        for (int i = 0; i < count; i++)
        {
            Warps[i] = new(this, i, _registers + registers * i, _predicates + predicates * i, _local + local * i);
            SpecialRegisters.FillConstants(Warps[i]);
        }
    }

    public KernelLaunch Launch { get; }
    public ExecutionOptions Options { get; }
    public DeviceMemory Memory { get; }
    public KernelProgram Program { get; }
    public MemoryBlock ParameterBlock { get; }
    public MemoryBlock Shared { get; }
    public MemoryBlock LocalBlock { get; }
    public int SharedBytes { get; }

    /// <summary>Bytes of local memory per lane.</summary>
    public int LocalBytes { get; }
    public Warp[] Warps { get; }
    public Tally Tally { get; } = new();

    /// <summary>The block's place in the grid.</summary>
    public Dim3 Place { get; private set; }

    /// <summary>Time for races in global memory; for shared memory the block is all there is.</summary>
    public RaceClock GlobalClock { get; private set; }
    public RaceClock SharedClock { get; private set; }

    public void Start(Dim3 place, RaceClock clock)
    {
        Place = place;
        SetClock(clock);
        NativeMemory.Fill(_shared, (nuint)SharedBytes, 0xCD);
        if (Options.DetectUninitialized) Clear();
        for (int i = 0; i < Warps.Length; i++)
        {
            int lanes = Math.Min(Warp.Lanes, _threads - i * Warp.Lanes);
            SpecialRegisters.FillPlace(Warps[i]);
            Warps[i].Start(lanes == Warp.Lanes ? uint.MaxValue : (1u << lanes) - 1);
        }
    }

    /// <summary>A barrier was passed: what came before it is ordered.</summary>
    public void NextInterval()
    {
        SetClock(GlobalClock with { Current = GlobalClock.Current + 1 });
        foreach (Warp warp in Warps) warp.SyncEpoch = 0;
    }

    /// <summary>The space that a generic address lies in.</summary>
    public StateSpace SpaceOf(Warp warp, int lane, ulong address)
    {
        if (address - Shared.Start < (ulong)SharedBytes) return StateSpace.Shared;
        if (address - WindowOf(warp, lane, StateSpace.Local) < (ulong)LocalBytes) return StateSpace.Local;
        return address - ParameterBlock.Start < (ulong)ParameterBlock.Bytes ? StateSpace.Param : StateSpace.Global;
    }

    /// <summary>The generic address at which a space begins.</summary>
    public ulong WindowOf(Warp warp, int lane, StateSpace space) => space switch
    {
        StateSpace.Shared => Shared.Start,
        StateSpace.Local => (ulong)(warp.Local + (long)lane * LocalBytes),
        StateSpace.Param => ParameterBlock.Start,
        _ => 0,
    };

    public void Dispose()
    {
        Shared.Dispose();
        LocalBlock.Dispose();
        NativeMemory.AlignedFree(_registers);
        NativeMemory.AlignedFree(_predicates);
        NativeMemory.AlignedFree(_local);
        NativeMemory.AlignedFree(_shared);
    }

    private void Clear()
    {
        Shared.Written.Clear();
        LocalBlock.Written.Clear();
    }

    private void SetClock(RaceClock clock)
    {
        GlobalClock = clock;
        SharedClock = clock with { Launch = clock.Block };
    }
}
