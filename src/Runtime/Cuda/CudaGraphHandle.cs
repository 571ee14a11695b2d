namespace Convoke;

/// <summary>Work that was captured once and runs as a whole, any number of times, with the arguments that it was captured with.</summary>
internal sealed class CudaGraphHandle : CudaHandle
{
    private CudaGraphHandle(DeviceContext context, CUgraphExec value, int nodes) : base(context, value.Pointer) => Nodes = nodes;

    /// <summary>Kernels, copies and clears in it.</summary>
    public int Nodes { get; }

    /// <summary>Makes it of a captured graph, which the caller destroys.</summary>
    public static CudaGraphHandle Instantiate(DeviceContext context, CUgraph graph)
    {
        SizeT nodes = 0L;
        CUgraphExec executable = default;
        CudaErrors.Check(DriverAPINativeMethods.GraphManagment.cuGraphGetNodes(graph, null, ref nodes), "cuGraphGetNodes", context);
        CudaErrors.Check(DriverAPINativeMethods.GraphManagment.cuGraphInstantiate(ref executable, graph, CUgraphInstantiate_flags.None), "cuGraphInstantiateWithFlags", context);
        return new(context, executable, (int)(long)nodes);
    }

    /// <summary>Enqueues all of it.</summary>
    public void Launch(CudaQueue queue)
    {
        ThrowIfUnusable();
        queue.ThrowIfUnusable();
        CudaErrors.Check(DriverAPINativeMethods.GraphManagment.cuGraphLaunch(new() { Pointer = handle }, queue.Stream), "cuGraphLaunch", Context);
        CudaTrace.Write(2, $"graph of {Nodes} nodes");
    }

    /// <inheritdoc/>
    public override CUResult DestroyNative() => DriverAPINativeMethods.GraphManagment.cuGraphExecDestroy(new() { Pointer = handle });
}
