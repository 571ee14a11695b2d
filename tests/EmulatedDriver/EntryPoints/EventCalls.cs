using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Convoke.EmulatedDriver;

/// <summary>Events.</summary>
internal static unsafe class EventCalls
{
    private const uint BlockingSync = 1, DisableTiming = 2;

    [UnmanagedCallersOnly(EntryPoint = nameof(cuEventCreate))]
    public static Result cuEventCreate(nint* @event, uint flags) => Call.InContext(context =>
    {
        Require.Output(@event);
        if ((flags & ~(BlockingSync | DisableTiming)) != 0) throw new DriverError(Result.InvalidValue, $"event flags {flags}");
        *@event = Driver.Handles.Add(new Event(context, hasTime: (flags & DisableTiming) == 0)).Handle;
    });

    /// <remarks>Returns at once; waits for it that are queued stay.</remarks>
    [UnmanagedCallersOnly(EntryPoint = nameof(cuEventDestroy_v2))]
    public static Result cuEventDestroy_v2(nint @event) => Call.InContext(context => Driver.Handles.Remove(Driver.Handles.Get<Event>(@event, context)));

    [UnmanagedCallersOnly(EntryPoint = nameof(cuEventRecord))]
    public static Result cuEventRecord(nint @event, nint stream) => Call.InContext(context =>
        Driver.Handles.Get<Event>(@event, context).Record(context.Stream(stream)));

    [UnmanagedCallersOnly(EntryPoint = nameof(cuEventSynchronize))]
    public static Result cuEventSynchronize(nint @event) => Call.InContext(context =>
    {
        Event found = Driver.Handles.Get<Event>(@event, context);
        found.RefuseCaptured();
        context.Scheduler.Drain(found.Recorded);
    });

    [UnmanagedCallersOnly(EntryPoint = nameof(cuEventQuery))]
    public static Result cuEventQuery(nint @event) => Call.Query(context =>
    {
        Event found = Driver.Handles.Get<Event>(@event, context);
        found.RefuseCaptured();
        if (found.Recorded is null or { IsDone: true }) return Result.Success;
        context.Scheduler.Poll();
        return found.Recorded.IsDone ? Result.Success : Result.NotReady;
    });

    [UnmanagedCallersOnly(EntryPoint = nameof(cuEventElapsedTime))]
    public static Result cuEventElapsedTime(float* milliseconds, nint start, nint end) => Call.Query(context =>
    {
        Require.Output(milliseconds);
        Event first = Driver.Handles.Get<Event>(start, context), last = Driver.Handles.Get<Event>(end, context);
        if (!first.HasTime || !last.HasTime) throw new DriverError(Result.InvalidHandle, "an event that was created without timing");
        if (first.Recorded is null || last.Recorded is null) throw new DriverError(Result.InvalidHandle, "an event that was never recorded");
        if (!first.Recorded.IsDone || !last.Recorded.IsDone) return Result.NotReady;
        *milliseconds = (float)Stopwatch.GetElapsedTime(first.Recorded.DoneAt, last.Recorded.DoneAt).TotalMilliseconds;
        return Result.Success;
    });
}
