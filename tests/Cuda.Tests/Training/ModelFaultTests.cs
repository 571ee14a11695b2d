namespace Convoke.Cuda.Tests.Training;

/// <summary>Every driver call that a model makes, failed once: a typed error that names it, nothing leaked, and the next model works.</summary>
[Collection(DriverTests.Name)]
public sealed class ModelFaultTests : IDisposable
{
    private const int OutOfMemory = 2, IllegalAddress = 700, LaunchFailed = 719, NotPermitted = 800;

    public ModelFaultTests() => EmulatedDriver.StartModelTest();

    public void Dispose() => EmulatedDriver.EndTest();

    /// <summary>Function, the code it gives, whether the context is lost with it.</summary>
    public static TheoryData<string, int, bool> Faults => new()
    {
        { "cuMemAlloc_v2", OutOfMemory, false },
        { "cuMemHostAlloc", OutOfMemory, false },
        { "cuModuleLoadDataEx", OutOfMemory, false },
        { "cuModuleGetFunction", 500, false },
        { "cuFuncGetAttribute", 1, false },
        { "cuStreamCreate", OutOfMemory, false },
        { "cuMemcpyHtoDAsync_v2", IllegalAddress, true },
        { "cuMemcpyDtoHAsync_v2", IllegalAddress, true },
        { "cuMemsetD8Async", IllegalAddress, true },
        { "cuMemGetInfo_v2", NotPermitted, false },
        { "cuLaunchKernel", LaunchFailed, true },
        { "cuLaunchKernel", 701, false },
        { "cuStreamSynchronize", IllegalAddress, true },
        { "cuStreamBeginCapture_v2", NotPermitted, false },
        { "cuStreamEndCapture", 901, false },
        { "cuGraphInstantiateWithFlags", OutOfMemory, false },
        { "cuGraphLaunch", LaunchFailed, true },
        { "cuDevicePrimaryCtxRetain", OutOfMemory, false },
        { "cuCtxSetCurrent", 201, false },
    };

    [EmulatedTheory, MemberData(nameof(Faults))]
    public void Each_call_failed_once_is_a_typed_error(string function, int code, bool loses)
    {
        EmulatedDriver.Restart("checks=none");
        _ = Device.Cuda();      // probed once, so that what follows is the model's
        Work(out int calls, function);
        Assert.True(calls > 0, $"a model does not call {function}");

        foreach (int nth in new[] { 1, calls }.Distinct())
        {
            EmulatedDriver.Restart("checks=none");
            EmulatedDriver.Inject(function, nth, code);
            CudaException failure = Assert.Throws<CudaException>(() => Work(out _, function));
            Assert.Equal(code, failure.Code);
            Assert.Equal(loses, failure.IsContextLost);
            EmulatedDriver.Inject(function, 0, 0);
            Assert.Equal(default, EmulatedDriver.Leaks);
            Work(out _, function);
        }
    }

    /// <summary>A fault that loses no context leaves the parameters where they were, and the model goes on.</summary>
    [EmulatedFact]
    public void After_a_failed_launch_the_last_weights_can_be_read_and_trained_on()
    {
        EmulatedDriver.Restart("checks=none");
        Dataset data = Data();
        using ProgramA net = ProgramA.Create(Device.Cuda(), seed: 1);
        net.Fit(data, new() { BatchSize = 4 });
        float[] before = net.Parameters["dense.kernel"].ToArray();
        EmulatedDriver.Inject("cuGraphLaunch", 1, OutOfMemory);
        Assert.Equal(OutOfMemory, Assert.Throws<CudaException>(() => net.Fit(data, new() { BatchSize = 4, Epochs = 2 })).Code);
        EmulatedDriver.Inject("cuGraphLaunch", 0, 0);
        float[] after = net.Parameters["dense.kernel"].ToArray();
        Assert.All(after, static w => Assert.True(float.IsFinite(w)));
        Assert.Equal(before.Length, after.Length);
        Assert.True(double.IsFinite(net.Fit(data, new() { BatchSize = 4 }).Epochs[^1].Loss));
    }

    [EmulatedFact]
    public void A_lost_context_is_said_clearly_and_a_new_model_works()
    {
        EmulatedDriver.Restart("checks=none");
        using (ProgramA net = ProgramA.Create(Device.Cuda(), seed: 1))
        {
            net.Fit(Data(), new() { BatchSize = 4 });
            EmulatedDriver.Inject("cuStreamSynchronize", 1, IllegalAddress);
            CudaException failure = Assert.Throws<CudaException>(() => net.Parameters["dense.kernel"].ToArray());
            Assert.True(failure.IsContextLost);
            Assert.Contains("context is lost", failure.Message, StringComparison.Ordinal);
            Assert.True(Assert.Throws<CudaException>(() => net.Parameters["dense.kernel"].ToArray()).IsContextLost);
        }

        using ProgramA next = ProgramA.Create(Device.Cuda(), seed: 1);
        Assert.True(double.IsFinite(next.Fit(Data(), new() { BatchSize = 4 }).Epochs[^1].Loss));
    }

    /// <summary>Everything that a model does: create, set, fit with validation and graphs, predict, read.</summary>
    private static void Work(out int calls, string function)
    {
        int before = EmulatedDriver.Calls(function);
        Dataset data = Data();
        using (ProgramA net = ProgramA.Create(Device.Cuda(), seed: 1))
        {
            net.Fit(data, new() { BatchSize = 4, Epochs = 2, Validation = data.Take(2) });
            float[] image = new float[28 * 28], probabilities = new float[10];
            net.Predict(image, probabilities);
            _ = net.Parameters["dense.kernel"].ToArray();

            // What fails while it is disposed of is nobody's error any more.
            calls = EmulatedDriver.Calls(function) - before;
        }
    }

    private static Dataset Data()
    {
        byte[] images = new byte[10 * 28 * 28];
        new Random(1).NextBytes(images);
        return Dataset.FromBytes("noise", images, Enumerable.Range(0, 10).ToArray(), 28, 28, 1, 10);
    }
}
