namespace Convoke;

/// <summary>A place in a queue (an event): whether work has passed it, and when.</summary>
internal sealed class CudaMark : CudaHandle
{
    private CudaMark(DeviceContext context, CUevent value) : base(context, value.Pointer)
    {
    }

    private CUevent Event => new() { Pointer = handle };

    /// <summary>A mark that is recorded nowhere yet.</summary>
    public static CudaMark Create(DeviceContext context)
    {
        CUevent created = default;
        CudaErrors.Check(DriverAPINativeMethods.Events.cuEventCreate(ref created, CUEventFlags.Default), "cuEventCreate", context);
        return new(context, created);
    }

    /// <summary>Milliseconds from one mark to another, both passed.</summary>
    public static double Milliseconds(CudaMark a, CudaMark b)
    {
        a.ThrowIfUnusable();
        b.ThrowIfUnusable();
        float elapsed = 0;
        CudaErrors.Check(DriverAPINativeMethods.Events.cuEventElapsedTime(ref elapsed, a.Event, b.Event), "cuEventElapsedTime", a.Context);
        return elapsed;
    }

    /// <summary>Moves it to the end of what the queue has now.</summary>
    public void Record(CudaQueue queue)
    {
        ThrowIfUnusable();
        queue.ThrowIfUnusable();
        CudaErrors.Check(DriverAPINativeMethods.Events.cuEventRecord(Event, queue.Stream), "cuEventRecord", Context);
    }

    /// <summary>What the queue gets from now on waits for the work before the mark.</summary>
    public void HoldBack(CudaQueue queue)
    {
        ThrowIfUnusable();
        queue.ThrowIfUnusable();
        CudaErrors.Check(DriverAPINativeMethods.Streams.cuStreamWaitEvent(queue.Stream, Event, 0), "cuStreamWaitEvent", Context);
    }

    /// <summary>Waits until the work before it is done.</summary>
    public void Wait()
    {
        ThrowIfUnusable();
        CudaErrors.Check(DriverAPINativeMethods.Events.cuEventSynchronize(Event), "cuEventSynchronize", Context);
    }

    /// <summary>The work before it is done.</summary>
    public bool IsDone
    {
        get
        {
            ThrowIfUnusable();
            CUResult result = DriverAPINativeMethods.Events.cuEventQuery(Event);
            if (result == CUResult.ErrorNotReady) return false;
            CudaErrors.Check(result, "cuEventQuery", Context);
            return true;
        }
    }

    /// <inheritdoc/>
    public override CUResult DestroyNative() => DriverAPINativeMethods.Events.cuEventDestroy_v2(Event);
}
