namespace Convoke.EmulatedDriver.Tests.Graphs;

public unsafe class GraphTests
{
    [DriverFact]
    public void A_graph_is_replayed_as_often_as_it_is_launched()
    {
        using var emulator = new Emulator();
        nint stream = emulator.Stream(), kernel = emulator.Kernel("add");
        ulong x = emulator.Values(BitConverter.SingleToInt32Bits(1)), y = emulator.Values(0);
        int* pinned = emulator.Pinned(1);
        Emulator.Check(Cuda.cuStreamBeginCapture_v2(stream, 0));
        emulator.Launch(kernel, stream, 1, 32, 0, x, y, (uint)BitConverter.SingleToInt32Bits(2), 1);
        Emulator.Check(Cuda.cuMemcpyDtoHAsync_v2(pinned, y, 4, stream));
        nint graph = emulator.EndCapture(stream), executable = emulator.Instantiate(graph);
        Assert.Equal([0, 1], Emulator.Nodes(graph).Select(Type));
        Emulator.Check(Cuda.cuGraphDestroy(graph));
        for (int i = 1; i <= 3; i++)
        {
            Emulator.Check(Cuda.cuGraphLaunch(executable, stream));
            Assert.Equal(unchecked((int)0xdbdbdbdb), *pinned);
            Emulator.Check(Cuda.cuStreamSynchronize(stream));
            Assert.Equal(2f * i, BitConverter.Int32BitsToSingle(*pinned));
        }
    }

    [DriverFact]
    public void Branches_of_a_graph_run_in_any_order_between_fork_and_join()
    {
        int[] last = [.. Enumerable.Range(1, 20).Select(static seed =>
        {
            using var emulator = new Emulator($"seed={seed}");
            (nint a, nint b, nint fork, nint join) = (emulator.Stream(), emulator.Stream(), emulator.Event(), emulator.Event());
            ulong device = emulator.Values(0, 0);
            Emulator.Check(Cuda.cuStreamBeginCapture_v2(a, 0));
            Emulator.Check(Cuda.cuEventRecord(fork, a));
            Emulator.Check(Cuda.cuStreamWaitEvent(b, fork, 0));
            Emulator.Check(Cuda.cuMemsetD32Async(device, 1, 1, a));
            Emulator.Check(Cuda.cuMemsetD32Async(device, 2, 1, b));
            Emulator.Check(Cuda.cuEventRecord(join, b));
            Emulator.Check(Cuda.cuStreamWaitEvent(a, join, 0));
            Emulator.Check(Cuda.cuMemcpyDtoDAsync_v2(device + 4, device, 4, a));
            nint graph = emulator.EndCapture(a);
            Assert.Equal(3, Emulator.Nodes(graph).Length);
            Emulator.Check(Cuda.cuGraphLaunch(emulator.Instantiate(graph), a));
            int[] values = emulator.Read(device, 2);
            Assert.Equal(values[0], values[1]);
            return values[0];
        })];
        Assert.Equal([1, 2], last.Distinct().Order());
    }

    [DriverFact]
    public void One_executable_does_not_run_beside_itself()
    {
        Assert.All(Enumerable.Range(1, 20), static seed =>
        {
            using var emulator = new Emulator($"seed={seed}");
            (nint a, nint b) = (emulator.Stream(), emulator.Stream());
            ulong device = emulator.Values(7, 0, 0);
            Emulator.Check(Cuda.cuStreamBeginCapture_v2(a, 0));
            Emulator.Check(Cuda.cuMemcpyDtoDAsync_v2(device + 8, device + 4, 4, a));
            Emulator.Check(Cuda.cuMemcpyDtoDAsync_v2(device + 4, device, 4, a));
            nint executable = emulator.Instantiate(emulator.EndCapture(a));
            Emulator.Check(Cuda.cuGraphLaunch(executable, a));
            Emulator.Check(Cuda.cuGraphLaunch(executable, b));
            Assert.Equal([7, 7, 7], emulator.Read(device, 3));
        });
    }

    [DriverFact]
    public void New_arguments_of_a_node_count_for_later_launches()
    {
        using var emulator = new Emulator();
        nint stream = emulator.Stream(), module = emulator.Module(), kernel = emulator.Kernel("put", module);
        ulong device = emulator.Device(2), second = device + 4;
        (nint graph, nint executable) = PutGraph(emulator, stream, kernel, device, 1);
        Emulator.Check(Cuda.cuGraphLaunch(executable, stream));
        int value = 2;
        void** arguments = stackalloc void*[] { &second, &value };
        var parameters = new KernelNodeParameters { Function = kernel, GridX = 1, GridY = 1, GridZ = 1, BlockX = 1, BlockY = 1, BlockZ = 1, Arguments = arguments };
        nint node = Emulator.Nodes(graph)[0];
        Emulator.Check(Cuda.cuGraphExecKernelNodeSetParams_v2(executable, node, &parameters));
        Emulator.Check(Cuda.cuGraphLaunch(executable, stream));
        Assert.Equal([1, 2], emulator.Read(device, 2));
        parameters.Function = emulator.Kernel("race", module);
        Assert.Equal(1, Cuda.cuGraphExecKernelNodeSetParams_v2(executable, node, &parameters));
    }

    [DriverFact]
    public void An_update_takes_a_graph_of_the_same_shape_and_refuses_another()
    {
        using var emulator = new Emulator();
        nint stream = emulator.Stream(), kernel = emulator.Kernel("put");
        ulong device = emulator.Device(1);
        (_, nint executable) = PutGraph(emulator, stream, kernel, device, 1);
        (nint changed, _) = PutGraph(emulator, stream, kernel, device, 5);
        GraphUpdateInfo info;
        Emulator.Check(Cuda.cuGraphExecUpdate_v2(executable, changed, &info));
        Emulator.Check(Cuda.cuGraphLaunch(executable, stream));
        Assert.Equal([5], emulator.Read(device, 1));

        Emulator.Check(Cuda.cuStreamBeginCapture_v2(stream, 0));
        Emulator.Check(Cuda.cuMemsetD32Async(device, 9, 1, stream));
        nint fill = emulator.EndCapture(stream);
        Assert.Equal((910, 3, Emulator.Nodes(fill)[0]), (Cuda.cuGraphExecUpdate_v2(executable, fill, &info), info.Result, info.ErrorNode));
        Emulator.Check(Cuda.cuStreamBeginCapture_v2(stream, 0));
        Assert.Equal((910, 2), (Cuda.cuGraphExecUpdate_v2(executable, emulator.EndCapture(stream), &info), info.Result));
    }

    [DriverFact]
    public void A_graph_that_outlives_its_module_is_refused()
    {
        using var emulator = new Emulator();
        nint stream = emulator.Stream(), module = emulator.Module();
        (_, nint executable) = PutGraph(emulator, stream, emulator.Kernel("put", module), emulator.Device(1), 1);
        Emulator.Check(Cuda.cuModuleUnload(module));
        Assert.Equal(400, Cuda.cuGraphLaunch(executable, stream));
        Assert.Contains("\"put\" was unloaded", Emulator.LastFault);
    }

    private static (nint Graph, nint Executable) PutGraph(Emulator emulator, nint stream, nint kernel, ulong device, ulong value)
    {
        Emulator.Check(Cuda.cuStreamBeginCapture_v2(stream, 0));
        emulator.Launch(kernel, stream, 1, 1, 0, device, value);
        nint graph = emulator.EndCapture(stream);
        return (graph, emulator.Instantiate(graph));
    }

    private static int Type(nint node)
    {
        Emulator.Check(Cuda.cuGraphNodeGetType(node, out int type));
        return type;
    }
}
