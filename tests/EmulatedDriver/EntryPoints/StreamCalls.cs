using System.Runtime.InteropServices;

namespace Convoke.EmulatedDriver;

/// <summary>Streams and capture.</summary>
internal static unsafe class StreamCalls
{
    private const uint NonBlocking = 1;

    [UnmanagedCallersOnly(EntryPoint = nameof(cuStreamCreate))]
    public static Result cuStreamCreate(nint* stream, uint flags) => Call.InContext(context => Create(context, stream, flags));

    /// <remarks>Priorities change nothing here: the order is adversarial anyway.</remarks>
    [UnmanagedCallersOnly(EntryPoint = nameof(cuStreamCreateWithPriority))]
    public static Result cuStreamCreateWithPriority(nint* stream, uint flags, int priority) => Call.InContext(context => Create(context, stream, flags));

    /// <remarks>Returns at once; what is queued still runs.</remarks>
    [UnmanagedCallersOnly(EntryPoint = nameof(cuStreamDestroy_v2))]
    public static Result cuStreamDestroy_v2(nint stream) => Call.InContext(context =>
    {
        Stream found = Driver.Handles.Get<Stream>(stream, context);
        found.Capture?.Leave(found);
        Driver.Handles.Remove(found);
    });

    [UnmanagedCallersOnly(EntryPoint = nameof(cuStreamSynchronize))]
    public static Result cuStreamSynchronize(nint stream) => Call.InContext(context =>
    {
        Stream found = context.Stream(stream);
        CaptureRules.RefuseCapturing(found);
        if (found == context.Legacy) CaptureRules.RefuseLegacyStream(context);
        context.Scheduler.Drain(found.Tail);
    });

    [UnmanagedCallersOnly(EntryPoint = nameof(cuStreamQuery))]
    public static Result cuStreamQuery(nint stream) => Call.Query(context =>
    {
        Stream found = context.Stream(stream);
        CaptureRules.RefuseCapturing(found);
        if (found.Tail is null or { IsDone: true }) return Result.Success;
        context.Scheduler.Poll();
        return found.Tail.IsDone ? Result.Success : Result.NotReady;
    });

    [UnmanagedCallersOnly(EntryPoint = nameof(cuStreamWaitEvent))]
    public static Result cuStreamWaitEvent(nint stream, nint @event, uint flags) => Call.InContext(context =>
    {
        if (flags > 1) throw new DriverError(Result.InvalidValue, $"flags {flags} of cuStreamWaitEvent");
        Driver.Handles.Get<Event>(@event, context).Wait(context.Stream(stream));
    });

    [UnmanagedCallersOnly(EntryPoint = nameof(cuStreamBeginCapture_v2))]
    public static Result cuStreamBeginCapture_v2(nint stream, int mode) => Call.InContext(context =>
    {
        if (mode is < 0 or > 2) throw new DriverError(Result.InvalidValue, $"{mode} is no capture mode");
        Stream found = context.Stream(stream);
        if (found == context.Legacy) throw new DriverError(Result.StreamCaptureUnsupported, "the legacy stream cannot be captured");
        if (found.Capture is not null) throw new DriverError(Result.IllegalState, "the stream is capturing already");
        _ = new Capture(found, (CaptureMode)mode);
    });

    [UnmanagedCallersOnly(EntryPoint = nameof(cuStreamEndCapture))]
    public static Result cuStreamEndCapture(nint stream, nint* graph) => Call.InContext(context =>
    {
        Require.Output(graph);
        *graph = 0;
        Stream found = context.Stream(stream);
        if (found.Capture is not { } capture) throw new DriverError(Result.IllegalState, "the stream is not capturing");
        *graph = capture.End(found).Publish(Driver.Handles).Handle;
    });

    [UnmanagedCallersOnly(EntryPoint = nameof(cuStreamIsCapturing))]
    public static Result cuStreamIsCapturing(nint stream, int* status) => Call.InContext(context =>
    {
        Require.Output(status);
        *status = context.Stream(stream).Capture switch { null => 0, { IsInvalid: false } => 1, _ => 2 };
    });

    private static void Create(Context context, nint* stream, uint flags)
    {
        Require.Output(stream);
        if (flags > NonBlocking) throw new DriverError(Result.InvalidValue, $"stream flags {flags}");
        *stream = Driver.Handles.Add(new Stream(context, isBlocking: flags != NonBlocking)).Handle;
    }
}
