using System.Runtime.InteropServices;

namespace Convoke.EmulatedDriver;

/// <summary>Graphs. They come from capture; building them node by node is not emulated.</summary>
internal static unsafe class GraphCalls
{
    private const ulong UseNodePriority = 8;

    /// <summary>CUDA_KERNEL_NODE_PARAMS_v2.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct KernelNodeParameters
    {
        public nint Function;
        public LaunchShape Shape;
        public void** Arguments;
        public void** Extra;
        public nint Kernel;
        public nint Context;
    }

    /// <summary>CUgraphExecUpdateResultInfo.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct UpdateInfo
    {
        public GraphUpdate Result;
        public nint ErrorNode;
        public nint ErrorFromNode;
    }

    [UnmanagedCallersOnly(EntryPoint = nameof(cuGraphGetNodes))]
    public static Result cuGraphGetNodes(nint graph, nint* nodes, nuint* count) => Call.InContext(context =>
    {
        Require.Output(count);
        IReadOnlyList<GraphNode> found = Driver.Handles.Get<Graph>(graph, context).Nodes;
        for (int i = 0; nodes is not null && (nuint)i < *count; i++) nodes[i] = i < found.Count ? found[i].Handle : 0;
        *count = (nuint)found.Count;
    });

    [UnmanagedCallersOnly(EntryPoint = nameof(cuGraphNodeGetType))]
    public static Result cuGraphNodeGetType(nint node, int* type) => Call.InContext(context =>
    {
        Require.Output(type);
        *type = (int)Driver.Handles.Get<GraphNode>(node, context).Work.Type;
    });

    [UnmanagedCallersOnly(EntryPoint = nameof(cuGraphInstantiateWithFlags))]
    public static Result cuGraphInstantiateWithFlags(nint* executable, nint graph, ulong flags) => Call.InContext(context =>
    {
        Require.Output(executable);
        if ((flags & ~UseNodePriority) != 0) throw new DriverError(Result.NotSupported, $"instantiation flags {flags} are not emulated");
        *executable = Driver.Handles.Add(new GraphExecutable(Driver.Handles.Get<Graph>(graph, context))).Handle;
    });

    [UnmanagedCallersOnly(EntryPoint = nameof(cuGraphLaunch))]
    public static Result cuGraphLaunch(nint executable, nint stream) => Call.InContext(context =>
        Driver.Handles.Get<GraphExecutable>(executable, context).Launch(context.Stream(stream)));

    [UnmanagedCallersOnly(EntryPoint = nameof(cuGraphExecKernelNodeSetParams_v2))]
    public static Result cuGraphExecKernelNodeSetParams_v2(nint executable, nint node, KernelNodeParameters* parameters) => Call.InContext(context =>
    {
        Require.Output(parameters);
        if (parameters->Extra is not null) throw new DriverError(Result.NotSupported, "arguments in one buffer (extra) are not emulated");
        Function function = Function.Of(parameters->Function != 0 ? parameters->Function : parameters->Kernel, context);
        Driver.Handles.Get<GraphExecutable>(executable, context)
            .SetKernel(Driver.Handles.Get<GraphNode>(node, context), new(function, parameters->Shape, parameters->Arguments));
    });

    [UnmanagedCallersOnly(EntryPoint = nameof(cuGraphExecUpdate_v2))]
    public static Result cuGraphExecUpdate_v2(nint executable, nint graph, UpdateInfo* info) => Call.InContext(context =>
    {
        Require.Output(info);
        GraphUpdate update = Driver.Handles.Get<GraphExecutable>(executable, context).Update(Driver.Handles.Get<Graph>(graph, context), out GraphNode? failed);
        *info = new() { Result = update, ErrorNode = failed?.Handle ?? 0 };
        if (update != GraphUpdate.Success) throw new DriverError(Result.GraphExecUpdateFailure, $"the graph does not fit: {update}");
    });

    [UnmanagedCallersOnly(EntryPoint = nameof(cuGraphDestroy))]
    public static Result cuGraphDestroy(nint graph) => Call.InContext(context => Driver.Handles.Get<Graph>(graph, context).Destroy(Driver.Handles));

    /// <remarks>Launches that are queued still run.</remarks>
    [UnmanagedCallersOnly(EntryPoint = nameof(cuGraphExecDestroy))]
    public static Result cuGraphExecDestroy(nint executable) => Call.InContext(context =>
        Driver.Handles.Remove(Driver.Handles.Get<GraphExecutable>(executable, context)));
}
