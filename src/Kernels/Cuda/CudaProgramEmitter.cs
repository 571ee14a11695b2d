using Convoke.Kernels.Cuda.TensorCores;
using Convoke.Kernels.Graphs;
using Convoke.Kernels.Models;
using Convoke.Kernels.Scheduling;
using Convoke.Kernels.Types;

namespace Convoke.Kernels.Cuda;

/// <summary>A model's CUDA program: the text of its kernels, layer by layer, and the launches of a step.</summary>
/// <remarks>
/// A training step is: forward kernels in order, the head, dgrad and wgrad kernels in reverse, then the kernels over parameters, the last of which ends the
/// step. Prediction launches the same forward kernels with null pointers for what only training wants.
/// </remarks>
public sealed partial class CudaProgramEmitter
{
    private readonly Network _network;
    private readonly CudaWriter _writer = new();
    private readonly Dictionary<int, string> _names = [];
    private readonly DerivedPlaces _places;
    private DenseDgradGroup? _lastDgrad;
    private HeadTensorDgrad? _headDgrad;

    private CudaProgramEmitter(Network network)
    {
        _network = network.Train is { } train ? network with { Train = DropoutFusion.Run(train, network.TrainGraph!) } : network;
        NameLayers();
        _places = new DerivedPlaces(_network);
    }

    private OptimizerSpec? Learner => _network.Train is null ? null : _network.Spec.Optimizer;

    /// <summary>What ends a step.</summary>
    private StepEnd End => new(_network.Spec.Losses.Count, _network.Spec.CountedOutput is not null);

    /// <summary>Whether the step's end has to count the masks that were drawn.</summary>
    private bool Draws => _network.Train?.Groups.Any(static g => g is DropoutGroup or ConvForwardGroup { Drop: not null } or DenseForwardGroup { Drop: not null }) ?? false;

    public static CudaSource Emit(Network network) => new CudaProgramEmitter(network).Emit();

    private CudaSource Emit()
    {
        _writer.Code.Line($"""
            // {_network.Spec.Name}: kernels for exactly this network, in the order of a step.
            // Letters: N batch; C H W input channels, height, width; R S filter height, width; P Q output height, width; K output channels; i o features in, out.
            // Images are NHWC with channels padded to 16 floats by zeros; weights lie in panels of output channels, [K / panel][reduction][panel].
            // Every sum has an order that depends on N only; there are no atomics on floats.

            {_places.Tunables.Text}{StepText.Declarations}
            """);
        Pass? train = _network.Train is null ? null : new Pass(_network.Train, _network.TrainGraph!, _network.Parameters, _network.Spec, true, _places);
        var predict = new Pass(_network.Predict, _network.PredictGraph, _network.PredictParameters, _network.Spec, false, _places);
        if (train is not null)
        {
            _lastDgrad = train.LastDgrad;
            _headDgrad = HeadTensorDgrad.Find(train, _places);
            foreach (KernelGroup group in train.Groups) Add(train, group);
            EndStep(train);
        }

        var derive = new List<CudaLaunch>();
        if (_places.Segments.Any(static s => s.IsDerived) || _places.Copies.Count > 0)
        {
            ConvUpdate.EmitDerive(_writer, _places.Segments, [.. _places.Copies.Select(Source)]);
            derive.Add(new(_writer.Last, CudaGrid.Of(64), [new(CudaArea.Parameters), new(CudaArea.Derived)]));
        }

        var measure = new List<CudaLaunch>();
        if (End.Losses > 0) measure.Add(new(Measure(), CudaGrid.Of(1), [new(CudaArea.Step), .. End.Arguments, new(CudaArea.Count)]));
        foreach (KernelGroup group in predict.Groups) Add(predict, group);
        var fold = new List<CudaLaunch>();
        if (Fold.IsNeeded(_network.PredictGraph))
        {
            Fold.Emit(_writer, _network, _places);
            fold.Add(new(_writer.Last, Fold.Grid, [new(CudaArea.Parameters), new(CudaArea.Derived)]));
        }

        var order = new List<CudaLaunch>();
        if (train is not null || End.Losses > 0)
        {
            EpochOrder.Emit(_writer);
            order.Add(new(_writer.Last, EpochOrder.Grid, [new(CudaArea.Step)]));
        }

        EquatableArray<CudaLaunch> predictLaunches = predict.To.Place(), trainLaunches = train?.To.Place() ?? [];
        return new(_network.Spec.Name.TrimStart('@') + ".cu", Tidy(_writer.Code.ToString()), new([.. Kernels()]), trainLaunches, predictLaunches, new([.. measure]), new([.. derive]), new([.. fold]), new([.. order]),
            new(train?.SampleFloats ?? 0, predict.SampleFloats, _places.DerivedFloats, _places.PartialFloats))
        {
            Capability = _places.Operands?.Capability ?? 0,
            Tunables = new([.. _places.Tunables.All]),
        };
    }

    /// <summary>The entry points. Where one has memory of the launch, which is aligned to 16 bytes, the compiler counts every kernel's in sixteens.</summary>
    private IEnumerable<CudaKernel> Kernels() => _writer.Kernels.Any(static k => k.DynamicBytes > 0)
        ? _writer.Kernels.Select(static k => k with { SharedBytes = (k.SharedBytes + 15) & ~15 })
        : _writer.Kernels;

    /// <summary>The weight that operands are a form of: its place and its extent.</summary>
    private (OperandCopy Copy, int Offset, int Floats) Source(OperandCopy copy)
    {
        Graph graph = _network.TrainGraph ?? _network.PredictGraph;
        PlacedParameter place = _network.Parameters[graph.Values.First(v => v.Op is Op.Parameter && v.Name == copy.Parameter).Id];
        return (copy, place.Offset, place.Floats);
    }

    /// <summary>What a template leaves out leaves no gap.</summary>
    private static string Tidy(string text)
    {
        while (text.Contains("\n\n\n")) text = text.Replace("\n\n\n", "\n\n");
        return text.Replace("{\n\n", "{\n");
    }

    private void NameLayers()
    {
        IEnumerable<string> ofInputs = _network.Spec.Inputs.SelectMany(static input => new[] { CudaNames.Of("gather_" + input.Name), CudaNames.Of("import_" + input.Name) });
        var used = new HashSet<string>(["head", "gather", "import", "measure", "derive", "fold", "epoch_order", "update", "conv_update", .. ofInputs, .. _network.Spec.Outputs.Select(static output => CudaNames.Of("head_" + output.Name))]);
        for (int call = 0; call < _network.Spec.Calls.Count; call++)
        {
            string name = CudaNames.Of(_network.Spec.Calls[call].Layer.Name);
            while (!used.Add(name)) name += "_" + call;
            _names[call] = name;
        }
    }

    /// <summary>The name that a group's kernels begin with.</summary>
    private string Stem(KernelGroup group) => _names.TryGetValue(group.Call, out string? name) ? name : CudaNames.Of(group.Name);

    /// <summary>The user's member that a kernel belongs to.</summary>
    private string Member(KernelGroup group) => group.Call < 0 ? _network.Spec.Name : $"{_network.Spec.Name}, {_network.Spec.Calls[group.Call].Layer.Name}";

    /// <summary>The last launch of a training step.</summary>
    private void EndStep(Pass pass)
    {
        int threads = _places.Operands is null ? DenseUpdate.Threads : DenseTensorUpdate.Threads;
        List<UpdatePart> parts = [.. pass.Groups.OfType<DenseUpdateGroup>().Where(group => !ReferenceEquals(group, _places.WideBackward?.Update)).Select(group => DensePart(pass, group))];
        var norms = new Dictionary<string, string>(StringComparer.Ordinal);
        parts.AddRange(pass.Groups.OfType<BatchNormUpdateGroup>().Select(group => BatchNormUpdate.Emit(_writer, Stem(group) + "_update", group, _places, _network.Parameters, Learner!, threads, norms)));
        if (_places.Segments.Count > 0) parts.Add(ConvUpdate.Emit(_writer, _places.Segments, Learner!, threads));
        StepUpdate.Emit(_writer, parts, threads, End, Draws);
        pass.To.Launch(_writer.Last, StepUpdate.Grid(parts), [.. StepUpdate.Arguments(parts, Learner!, End)]);
    }

    private UpdatePart DensePart(Pass pass, DenseUpdateGroup g)
    {
        PlacedParameter weights = _network.Parameters[g.Weights];
        PlacedParameter? bias = g.Bias is { } shift ? _network.Parameters[shift] : null;
        CudaArgument[] uses = [.. g.Uses.SelectMany(use => new[] { Samples(pass, use.X), pass.To.Value(use.Dy) })];
        string name = Stem(g) + "_update";
        return _places.Operands is null
            ? DenseUpdate.Emit(_writer, name, g, weights, bias, Learner!, uses)
            : DenseTensorUpdate.Emit(_writer, name, g, weights, bias, Learner!, _places.Operands, [.. _places.Copies.Where(c => c.Parameter == weights.Name)], uses);
    }

    /// <summary>Emits what adds losses of a forward pass to the step's sums and moves on to the next batch.</summary>
    private int Measure()
    {
        End.EmitHelper(_writer);
        using (_writer.Kernel(new("measure", 128, 8, End.SharedBytes), "// measure: adds the losses of a forward pass to the step's sums; one block", $"Step* __restrict__ step, {End.Parameters}, int batch"))
            _writer.Code.Line("__shared__ Sums step_sums;\n" + End.Call("step_sums"));
        return _writer.Last;
    }
}
