using Convoke.Kernels.Autodiff;
using Convoke.Kernels.Cpu;
using Convoke.Kernels.Cuda;
using Convoke.Kernels.Graphs;
using Convoke.Kernels.Models;
using Convoke.Kernels.Passes;
using Convoke.Kernels.Scheduling;
using Convoke.Kernels.Types;

namespace Convoke.Kernels;

/// <summary>The contents page: every pass from what the user said to the text of the kernels, in order.</summary>
public static class Compiler
{
    /// <summary>The faults of a model that only its shapes show; a model with none but warnings and information (CVK0012, CVK0105) can be compiled.</summary>
    public static EquatableArray<SpecProblem> Check(ModelSpec spec) => ModelChecker.Check(spec);

    /// <summary>Compiles a model without faults.</summary>
    /// <param name="spec">The model.</param>
    /// <param name="log">Called after each pass with its name and its result as text; for tests and dumps.</param>
    /// <exception cref="ArgumentException"><see cref="Check"/> finds a fault.</exception>
    public static CompiledModel Compile(ModelSpec spec, Action<string, string>? log = null)
    {
        foreach (SpecProblem problem in Check(spec))
            if (problem.Id is not ("CVK0012" or "CVK0105")) throw new ArgumentException($"{problem.Id} {string.Join(", ", problem.MessageArguments)}", nameof(spec));

        spec = LiveCalls.Only(spec);

        // What the user wrote, as a graph, as prediction sees it; then the one rewrite that losses need.
        Graph forward = Logged("build", GraphBuilder.Build(spec, training: false));
        forward = Logged("fuse softmax and cross-entropy", FuseSoftmaxCrossEntropy.Run(forward));
        Graph predict = Logged("prediction graph", RemoveDead.Run(forward));
        Graph folded = FoldBatchNorm.Run(predict);
        if (!ReferenceEquals(folded, predict)) predict = Logged("fold batch norm", folded);

        int outputs = spec.Results.Count;
        IReadOnlyList<HeadPlace> places = HeadPlace.Of(spec, [.. forward.Outputs.Take(outputs).Select(o => forward[o].Shape)]);

        // Training sees it with dropout and the batch's statistics, and needs the losses and the updates, not the outputs.
        Graph? trainForward = null, train = null;
        if (spec is { Losses.Count: > 0, Optimizer: { } optimizer })
        {
            Graph written = FuseSoftmaxCrossEntropy.Run(GraphBuilder.Build(spec, training: true));
            trainForward = Logged("training graph", TrainedPart.Run(written));
            train = Logged("differentiate", Differentiator.Run(trainForward, optimizer));
            train = Logged("remove dead adjoints", RemoveDead.Run(train));
        }

        // Kernels, memory, text.
        (Schedule predictSchedule, ParameterPlanner predictParameters, StorageRules predictStorage) = ScheduleOf("prediction schedule", spec, predict, null, Array.Empty<WinogradForm>().ToLookup(static _ => ""));
        (Schedule Schedule, ParameterPlanner Parameters, StorageRules)? training = train is null ? null : ScheduleOf("training schedule", spec, trainForward!, train, ParameterPlanner.Forms(predict, predictSchedule.Groups));
        predictParameters = training?.Parameters.For(predict) ?? predictParameters;
        predictParameters.AddUntrained(spec, predict, predictStorage, [.. predictSchedule.Groups]);
        predictParameters.AddFolded(predict, predictSchedule.Groups);
        var network = new Network(spec, predictSchedule, predict, predictParameters, training?.Schedule, train, training?.Parameters ?? predictParameters);
        CpuSource[] cpu = [.. VectorTarget.All.Select(target => ProgramEmitter.Emit(network, target))];
        CudaSource cuda = CudaProgramEmitter.Emit(network);

        EquatableArray<OutputInfo> ends = [.. predictSchedule.Groups.OfType<HeadGroup>().Select((head, o) => new OutputInfo(spec.Results[o].Name ?? OutputInfo.OnlyName, head.Classes, head.Pixels, head.Loss))];
        EquatableArray<LayerInfo> layers = ModelSummary.Layers(spec, forward);
        var memory = new MemoryInfo(
            predictParameters.Floats, predictParameters.DerivedFloats, network.Parameters.PartialFloats,
            training?.Schedule.SampleFloats ?? 0, training?.Schedule.TaskFloats ?? 0, predictSchedule.SampleFloats, predictSchedule.TaskFloats,
            predictSchedule.ImagesPerChunk == Liveness.ImagesPerChunk ? null : predictSchedule.ImagesPerChunk);
        return new(spec, ModelSummary.Print(spec, layers), layers, new([.. predictParameters.Infos]), memory, ends, new(cpu), cuda);

        Graph Logged(string pass, Graph graph)
        {
            GraphVerifier.Verify(graph, pass);
            log?.Invoke(pass, GraphPrinter.Print(graph));
            return graph;
        }

        (Schedule, ParameterPlanner, StorageRules) ScheduleOf(string pass, ModelSpec of, Graph forwardGraph, Graph? trainingGraph, ILookup<string, WinogradForm> predicted)
        {
            Fusion.Fused fused = Fusion.Run(of, forwardGraph, trainingGraph, places);
            IReadOnlyList<GroupLoop> loops = Liveness.Loops(fused.Groups.Where(static g => !g.OverParameters));
            KernelGroup[] overParameters = [.. fused.Groups.Where(static g => g.OverParameters)];
            IReadOnlyList<Scheduling.Buffer> buffers = ChunkPlan.Spread(Liveness.Buffers(trainingGraph ?? forwardGraph, fused.Storage, loops, overParameters), fused.Groups);
            Schedule schedule = ArenaPlanner.Plan(loops, overParameters, buffers) with { ImagesPerChunk = ChunkPlan.ImagesOf(fused.Groups) };
            log?.Invoke(pass, SchedulePrinter.Print(schedule));
            return (schedule, ParameterPlanner.Plan(of, forwardGraph, fused.Storage, fused.Groups, predicted), fused.Storage);
        }
    }
}
