namespace Convoke.PtxEmulator;

/// <summary>Values of the registers that a kernel only reads: immediates, addresses, thread and block indices.</summary>
internal static unsafe class SpecialRegisters
{
    private static readonly string[] Known =
    [
        "%tid.x", "%tid.y", "%tid.z", "%ntid.x", "%ntid.y", "%ntid.z", "%ctaid.x", "%ctaid.y", "%ctaid.z", "%nctaid.x", "%nctaid.y", "%nctaid.z",
        "%laneid", "%warpid", "%nwarpid", "%lanemask_lt", "%lanemask_le", "%lanemask_eq", "%lanemask_ge", "%lanemask_gt", "%smid", "%nsmid", "%gridid",
        "%clock", "%clock_hi", "%total_smem_size", "%dynamic_smem_size",
    ];

    public static bool IsKnown(string name) => Array.IndexOf(Known, name) >= 0;

    /// <summary>What stays for all blocks that the warp runs.</summary>
    public static void FillConstants(Warp warp)
    {
        KernelProgram program = warp.Block.Program;
        foreach ((int offset, ulong value, bool wide) in program.Constants) Fill(warp, offset, value, wide);
        if (program.Addresses.Count > 0)
        {
            IReadOnlyDictionary<string, ulong> placed = warp.Block.Memory.Place(warp.Block.Launch.Kernel.Module);
            foreach ((int offset, string symbol, long addend, bool wide) in program.Addresses) Fill(warp, offset, placed[symbol] + (ulong)addend, wide);
        }
        foreach ((int offset, string name) in program.Specials)
            for (int lane = 0; lane < Warp.Lanes; lane++) ((uint*)(warp.Registers + offset))[lane] = Value(warp, name, lane);
    }

    /// <summary>What depends on the block's place.</summary>
    public static void FillPlace(Warp warp)
    {
        foreach ((int offset, string name) in warp.Block.Program.Specials)
            if (name.StartsWith("%ctaid", StringComparison.Ordinal)) Fill(warp, offset, Value(warp, name, 0), false);
    }

    private static void Fill(Warp warp, int offset, ulong value, bool wide)
    {
        if (wide) new Span<ulong>(warp.Registers + offset, Warp.Lanes).Fill(value);
        else new Span<uint>(warp.Registers + offset, Warp.Lanes).Fill((uint)value);
    }

    private static uint Value(Warp warp, string name, int lane)
    {
        KernelLaunch launch = warp.Block.Launch;
        Dim3 thread = launch.Block.At(warp.Index * Warp.Lanes + lane), place = warp.Block.Place;
        return name switch
        {
            "%tid.x" => thread.X,
            "%tid.y" => thread.Y,
            "%tid.z" => thread.Z,
            "%ntid.x" => launch.Block.X,
            "%ntid.y" => launch.Block.Y,
            "%ntid.z" => launch.Block.Z,
            "%ctaid.x" => place.X,
            "%ctaid.y" => place.Y,
            "%ctaid.z" => place.Z,
            "%nctaid.x" => launch.Grid.X,
            "%nctaid.y" => launch.Grid.Y,
            "%nctaid.z" => launch.Grid.Z,
            "%laneid" => (uint)lane,
            "%warpid" => (uint)warp.Index,
            "%nwarpid" => (uint)warp.Block.Warps.Length,
            "%lanemask_lt" => (1u << lane) - 1,
            "%lanemask_le" => (2u << lane) - 1,
            "%lanemask_eq" => 1u << lane,
            "%lanemask_ge" => ~((1u << lane) - 1),
            "%lanemask_gt" => ~((2u << lane) - 1),
            "%nsmid" => 1,
            "%total_smem_size" => (uint)warp.Block.SharedBytes,
            "%dynamic_smem_size" => (uint)launch.DynamicSharedBytes,
            // %smid, %gridid and the clocks: one multiprocessor, no time.
            _ => 0,
        };
    }
}
