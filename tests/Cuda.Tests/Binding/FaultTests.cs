using System.Globalization;

namespace Convoke.Cuda.Tests.Binding;

/// <summary>Each call of the driver fails once, wherever it stands in a session's life: a typed error that names the call, no leak, and the process goes on.</summary>
[Collection(DriverTests.Name)]
public class FaultTests(WorkloadCache cache) : IClassFixture<WorkloadCache>
{
    private const int InvalidValue = 1, OutOfMemory = 2, LaunchFailed = 719;

    /// <summary>What a session cannot do without, by its name in libcuda.</summary>
    private static readonly string[] WorkingNames =
    [
        "cuInit", "cuDeviceGetCount", "cuDeviceGet", "cuDeviceGetName", "cuDeviceTotalMem_v2", "cuDeviceGetAttribute", "cuDevicePrimaryCtxRetain", "cuCtxSetCurrent",
        "cuMemGetInfo_v2", "cuMemAlloc_v2", "cuMemHostAlloc", "cuModuleLoadDataEx", "cuModuleGetFunction", "cuFuncGetAttribute", "cuFuncSetAttribute",
        "cuStreamCreate", "cuStreamSynchronize", "cuStreamWaitEvent", "cuStreamBeginCapture_v2", "cuStreamEndCapture", "cuEventCreate", "cuEventRecord", "cuEventSynchronize", "cuEventQuery", "cuEventElapsedTime",
        "cuMemcpyHtoDAsync_v2", "cuMemcpyDtoHAsync_v2", "cuMemcpyDtoDAsync_v2", "cuMemsetD8Async", "cuLaunchKernel", "cuGraphGetNodes", "cuGraphInstantiateWithFlags", "cuGraphLaunch",
    ];

    /// <summary>What takes things away, whose failure nobody can act on.</summary>
    private static readonly string[] EndingNames =
        ["cuMemFree_v2", "cuMemFreeHost", "cuModuleUnload", "cuStreamDestroy_v2", "cuEventDestroy_v2", "cuGraphDestroy", "cuGraphExecDestroy", "cuDevicePrimaryCtxRelease_v2", "cuCtxGetCurrent"];

    public static TheoryData<string> Working => new(WorkingNames);

    public static TheoryData<string> Ending => new(EndingNames);

    /// <summary>Both.</summary>
    public static IEnumerable<string> All => [.. WorkingNames, .. EndingNames];

    [EmulatedTheory]
    [MemberData(nameof(Working))]
    public void A_call_that_fails_is_an_error_that_names_it_and_leaks_nothing(string function)
    {
        int calls = CallsOf(function);
        for (int nth = 1; nth <= calls; nth++)
        {
            foreach (int code in (int[])[InvalidValue, OutOfMemory])
            {
                Exception? failure = RunWith(function, nth, code);
                string place = string.Create(CultureInfo.InvariantCulture, $"{function}, call {nth} of {calls}, error {code}: {failure}");
                string name = function.Split("_v")[0];
                // A thread whose context cannot be restored or set while something is destroyed is not told.
                if (failure is null) Assert.True(function == "cuCtxSetCurrent" && nth > 2, place);
                else Assert.True(failure is CudaException cuda ? cuda.Code == code && cuda.Call.StartsWith(name, StringComparison.Ordinal) : failure is DeviceNotAvailableException && failure.Message.Contains(name, StringComparison.Ordinal), place);
                Assert.True(EmulatedDriver.Leaks == default, $"{place}\n{EmulatedDriver.Leaks}");
            }
        }
    }

    [EmulatedTheory]
    [MemberData(nameof(Ending))]
    public void A_failure_while_things_end_is_not_thrown_and_leaks_nothing_else(string function)
    {
        int calls = CallsOf(function);
        for (int nth = 1; nth <= calls; nth++)
        {
            Exception? failure = RunWith(function, nth, InvalidValue);
            string place = string.Create(CultureInfo.InvariantCulture, $"{function}, call {nth} of {calls}: {failure}");
            Assert.True(failure is null, place);
            LeakCounts leaks = EmulatedDriver.Leaks;
            // The one thing that the driver did not take back dies with its context.
            LeakCounts allowed = function == "cuDevicePrimaryCtxRelease_v2" ? new() { ContextRetains = 1 } : new() { Collected = leaks.Collected };
            Assert.True(leaks == allowed && leaks.Collected <= 1, $"{place}\n{leaks}");
        }
    }

    [EmulatedTheory]
    [MemberData(nameof(Working))]
    public void A_call_that_loses_the_context_leaks_nothing_and_the_next_session_works(string function)
    {
        Exception? failure = RunWith(function, 1, LaunchFailed);
        Assert.True(failure is CudaException { IsContextLost: true } or DeviceNotAvailableException, $"{failure}");
        Assert.Equal(default, EmulatedDriver.Leaks);
        Run();
        Assert.Equal(default, EmulatedDriver.Leaks);
    }

    private int CallsOf(string function)
    {
        EmulatedDriver.Reset();
        Run();
        Assert.Equal(default, EmulatedDriver.Leaks);
        int calls = EmulatedDriver.Calls(function);
        Assert.True(calls > 0, $"{function} is not called");
        return calls;
    }

    private Exception? RunWith(string function, int nth, int code)
    {
        EmulatedDriver.Reset();
        EmulatedDriver.Inject(function, nth, code);
        Exception? failure = Record.Exception(Run);
        EmulatedDriver.Inject(function, 0, 0);
        return failure;
    }

    private void Run() => Workload.Run(cache.Cache);
}

/// <summary>Images of the workload, compiled once for all tests that run it often.</summary>
public sealed class WorkloadCache : IDisposable
{
    private readonly ScratchFolder _folder = new();

    internal ImageCache Cache => new(_folder.Path);

    public void Dispose() => _folder.Dispose();
}
