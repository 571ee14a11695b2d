using System.Runtime.InteropServices;

namespace Convoke.EmulatedDriver;

/// <summary>What <c>cvkEmuLeaks</c> fills: what is alive now. All zero is a program that gave back everything.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct Leaks
{
    public int ContextRetains, DeviceBlocks, PinnedBlocks, Streams, Events, Modules, Libraries, Graphs, GraphExecutables;

    /// <summary>Operations that are queued and have not run.</summary>
    public int Pending;

    /// <summary>Resources that died with a healthy context instead of being given back.</summary>
    public int Collected;

    private readonly int _padding;

    public long DeviceBytes;

    public static Leaks Count()
    {
        var leaks = new Leaks { Collected = Driver.Collected, ContextRetains = Driver.Devices.Sum(static device => device.Retains) };
        foreach (Context context in Driver.Contexts.Values)
        {
            leaks.DeviceBlocks += context.Memory.LiveAllocations;
            leaks.DeviceBytes += context.Memory.LiveBytes;
            leaks.PinnedBlocks += context.Pinned.Count;
            leaks.Pending += context.Scheduler.Pending;
        }

        foreach (Resource resource in Driver.Handles.All)
        {
            if (!resource.IsOwnedByCaller) continue;
            switch (resource)
            {
                case Stream: leaks.Streams++; break;
                case Event: leaks.Events++; break;
                case Module: leaks.Modules++; break;
                case Library: leaks.Libraries++; break;
                case Graph: leaks.Graphs++; break;
                case GraphExecutable: leaks.GraphExecutables++; break;
            }
        }

        return leaks;
    }
}
