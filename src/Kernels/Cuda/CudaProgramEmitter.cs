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
    /// <summary>The batch's samples as a value, where a kernel copies them out of the data set.</summary>
    private const int GatheredId = int.MaxValue;

    private readonly Network _network;
    private readonly CudaWriter _writer = new();
    private readonly Dictionary<int, string> _names = [];
    private readonly DerivedPlaces _places;
    private DenseDgradGroup? _lastDgrad;

    private CudaProgramEmitter(Network network)
    {
        _network = network;
        NameLayers();
        _places = new DerivedPlaces(network);
    }

    private OptimizerSpec? Learner => _network.Train is null ? null : _network.Spec.Optimizer;

    /// <summary>What ends a step.</summary>
    private StepEnd End => new(_network.Spec.Losses.Count, _network.Spec.CountedOutput is not null);

    /// <summary>Whether the step's end has to count the masks that were drawn.</summary>
    private bool Draws => _network.Train?.Groups.Any(static g => g is DropoutGroup) ?? false;

    public static CudaSource Emit(Network network) => new CudaProgramEmitter(network).Emit();

    private CudaSource Emit()
    {
        _writer.Code.Line($"""
            // {_network.Spec.Name}: kernels for exactly this network, in the order of a step.
            // Letters: N batch; C H W input channels, height, width; R S filter height, width; P Q output height, width; K output channels; i o features in, out.
            // Images are NHWC with channels padded to 16 floats by zeros; weights lie in panels of output channels, [K / panel][reduction][panel].
            // Every sum has an order that depends on N only; there are no atomics on floats.

            {StepText.Declarations}
            """);
        Pass? train = _network.Train is null ? null : new Pass(_network.Train, _network.TrainGraph!, _network.Parameters, _network.Spec, true, _places);
        var predict = new Pass(_network.Predict, _network.PredictGraph, _network.PredictParameters, _network.Spec, false, _places);
        if (train is not null)
        {
            _lastDgrad = train.LastDgrad;
            AddTraining(train);
            EndStep(train);
        }

        var derive = new List<CudaLaunch>();
        if (_places.Segments.Any(static s => s.IsDerived) || _places.Copies.Count > 0)
        {
            ConvUpdate.EmitDerive(_writer, _places.Segments, [.. _places.Copies.Select(Source)]);
            derive.Add(new(_writer.Last, CudaGrid.Of(64), [new(CudaArea.Parameters), new(CudaArea.Derived)]));
        }

        var measure = new List<CudaLaunch>();
        if (End.Losses > 0) measure.Add(new(Measure(draws: false), CudaGrid.Of(1), [new(CudaArea.Step), .. End.Arguments, new(CudaArea.Count)]));
        foreach (KernelGroup group in predict.Groups) Add(predict, group);
        var fold = new List<CudaLaunch>();
        if (Fold.IsNeeded(_network.PredictGraph))
        {
            Fold.Emit(_writer, _network, _places);
            fold.Add(new(_writer.Last, Fold.Grid, [new(CudaArea.Parameters), new(CudaArea.Derived)]));
        }

        EquatableArray<CudaLaunch> predictLaunches = predict.To.Place(), trainLaunches = train?.To.Place() ?? [];
        return new(_network.Spec.Name.TrimStart('@') + ".cu", Tidy(_writer.Code.ToString()), new([.. _writer.Kernels]), trainLaunches, predictLaunches, new([.. measure]), new([.. derive]), new([.. fold]),
            new(train?.SampleFloats ?? 0, predict.SampleFloats, _places.DerivedFloats, _places.PartialFloats))
        { Capability = _places.Operands is null ? 0 : Operands.Capability };
    }

    /// <summary>The groups in order; a dense layer's update, which only the step's end waits for, as soon as its gradients are there, its weights have been read, and every loss is known: one that is not finite stops all updates.</summary>
    private void AddTraining(Pass pass)
    {
        List<DenseUpdateGroup> updates = [.. pass.Groups.OfType<DenseUpdateGroup>().Where(update => !pass.Finishes(update))];
        for (int i = 0; i < pass.Groups.Length; i++)
        {
            if (pass.Groups[i] is DenseUpdateGroup update && !pass.Finishes(update)) continue;
            if (pass.Groups[i] is DenseUpdateGroup) Flush();         // it ends the step
            Add(pass, pass.Groups[i]);
            foreach (DenseUpdateGroup ready in updates.FindAll(u => IsReady(pass, u, i)))
            {
                updates.Remove(ready);
                Add(pass, ready);
            }
        }

        Flush();

        void Flush()
        {
            foreach (DenseUpdateGroup late in updates) Add(pass, late);
            updates.Clear();
        }
    }

    private static bool IsReady(Pass pass, DenseUpdateGroup update, int done) => !pass.Groups.Skip(done + 1).Any(group =>
        group is HeadGroup || group.Writes.Any(update.Reads.Contains) || (group is DenseDgradGroup dgrad && dgrad.Weights == update.Weights && !ReferenceEquals(dgrad, pass.LastDgrad)) || (group is DenseForwardGroup forward && forward.Weights == update.Weights));

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
        var used = new HashSet<string>(["head", "gather", "import", "measure", "end_step", "derive", "fold", "conv_update", .. _network.Spec.Outputs.Select(static output => CudaNames.Of("head_" + output.Name))]);
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

    /// <summary>The last launch of a training step: the update of all parameters with partial gradients; where there is none, and no dense layer, a kernel of its own.</summary>
    private void EndStep(Pass pass)
    {
        if (_places.Segments.Count > 0)
        {
            ConvUpdate.Emit(_writer, _places.Segments, Learner!, End, Draws);
            pass.To.Launch(_writer.Last, CudaGrid.Of(ConvUpdate.Blocks(_places.Segments)),
                [pass.To.Step, new(CudaArea.Partials), new(CudaArea.Derived), .. Optimizer.Arguments(Learner!), .. End.Arguments, pass.To.Count]);
        }
        else if (!pass.Groups.Any(g => g is DenseUpdateGroup dense && pass.Finishes(dense)))
        {
            pass.To.Launch(Measure(Draws), CudaGrid.Of(1), [pass.To.Step, .. End.Arguments, pass.To.Count]);
        }
    }

    /// <summary>Emits what adds losses to the step's sums and moves on to the next batch.</summary>
    private int Measure(bool draws)
    {
        End.EmitHelper(_writer);
        string comment = draws ? "// end of a training step: adds its losses to the step's sums; one block" : "// measure: adds the losses of a forward pass to the step's sums; one block";
        using (_writer.Kernel(new(draws ? "end_step" : "measure", 128, 8, End.SharedBytes), comment, $"Step* __restrict__ step, {End.Parameters}, int batch"))
            _writer.Code.Line("__shared__ Sums step_sums;\n" + End.Call + (draws ? "\n" + StepText.NextDraw : ""));
        return _writer.Last;
    }
}
