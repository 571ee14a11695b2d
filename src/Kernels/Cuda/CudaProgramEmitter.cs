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
public sealed class CudaProgramEmitter
{
    /// <summary>The batch's samples as a value, where a kernel copies them out of the data set.</summary>
    private const int GatheredId = int.MaxValue;

    private readonly Network _network;
    private readonly CudaWriter _writer = new();
    private readonly Dictionary<int, string> _names = [];
    private readonly Dictionary<int, int> _flippedAt = [], _partialsAt = [];
    private readonly List<ConvUpdate.Segment> _segments = [];
    private int _derivedFloats, _partialFloats;

    private CudaProgramEmitter(Network network)
    {
        _network = network;
        NameLayers();
        PlaceGradients();
    }

    private OptimizerSpec? Learner => _network.Train is null ? null : _network.Spec.Optimizer;

    public static CudaSource Emit(Network network) => new CudaProgramEmitter(network).Emit();

    private CudaSource Emit()
    {
        KernelGroup[] predict = [.. _network.Predict.Groups], train = [.. _network.Train?.Groups ?? []];
        _writer.Code.Line($"""
            // {_network.Spec.Name}: kernels for exactly this network, in the order of a step.
            // Letters: N batch; C H W input channels, height, width; R S filter height, width; P Q output height, width; K output channels; i o features in, out.
            // Images are NHWC with channels padded to 16 floats by zeros; weights lie in panels of output channels, [K / panel][reduction][panel].
            // Every sum has an order that depends on N only; there are no atomics on floats.

            {StepText.Declarations}
            """);
        foreach (KernelGroup group in train.Length > 0 ? train : predict) EmitKernel(group, train.Length > 0 ? train : predict);
        if (_segments.Count > 0)
        {
            ConvUpdate.Emit(_writer, _segments, Learner!);
            if (_derivedFloats > 0) ConvUpdate.EmitDerive(_writer, _segments);
        }

        var measure = new List<CudaLaunch>();
        if (_network.Spec.Loss is not null)
        {
            EmitMeasure();
            measure.Add(new(_writer["measure"], CudaGrid.Of(1), [new(CudaArea.Step), new(CudaArea.Losses), new(CudaArea.Correct), new(CudaArea.Count)]));
        }

        (List<CudaLaunch> predictLaunches, int predictFloats) = Launches(_network.Predict, _network.PredictParameters, predict, training: false);
        (List<CudaLaunch> trainLaunches, int trainFloats) = _network.Train is null ? ([], 0) : Launches(_network.Train, _network.Parameters, train, training: true);
        CudaLaunch[] derive = _derivedFloats > 0 ? [new(_writer["derive"], CudaGrid.Of(64), [new(CudaArea.Parameters), new(CudaArea.Derived)])] : [];
        return new(_network.Spec.Name.TrimStart('@') + ".cu", Tidy(_writer.Code.ToString()), new([.. _writer.Kernels]), new([.. trainLaunches]), new([.. predictLaunches]), new([.. measure]), new(derive),
            new(trainFloats, predictFloats, _derivedFloats, _partialFloats));
    }

    /// <summary>What a template leaves out leaves no gap.</summary>
    private static string Tidy(string text)
    {
        while (text.Contains("\n\n\n")) text = text.Replace("\n\n\n", "\n\n");
        return text.Replace("{\n\n", "{\n");
    }

    private void NameLayers()
    {
        var used = new HashSet<string>(["head", "gather", "measure", "derive", "conv_update"]);
        for (int call = 0; call < _network.Spec.Calls.Count; call++)
        {
            string name = CudaNames.Of(_network.Spec.Calls[call].Layer.Name);
            while (!used.Add(name)) name += "_" + call;
            _names[call] = name;
        }
    }

    /// <summary>Flipped filters and partial gradients get their places, and with them the update of the convolutions its list.</summary>
    private void PlaceGradients()
    {
        foreach (ConvUpdateGroup update in _network.Train?.Parameters.OfType<ConvUpdateGroup>() ?? [])
        {
            ConvBackwardGroup backward = _network.Train!.Groups.OfType<ConvBackwardGroup>().Single(b => b.Weights == update.Weights);
            int slices = WgradTile.Choose(update.Geometry).Slices;
            if (backward.Dx is not null)
            {
                _flippedAt[update.Weights] = _derivedFloats;
                _derivedFloats += ConvDgrad.FilterFloats(update.Geometry);
            }

            AddSegment(update.Weights, slices, backward.Dx is null ? null : update.Geometry);
            if (update.Bias is { } bias) AddSegment(bias, slices, null);
        }
    }

    private void AddSegment(int parameter, int slices, ConvGeometry? flipped)
    {
        PlacedParameter place = _network.Parameters[parameter];
        int floats = Panels.Pad(place.Floats);
        _partialsAt[parameter] = _partialFloats;
        _segments.Add(new(place.Name, place.Offset, floats, _partialFloats, slices, flipped, flipped is null ? 0 : _flippedAt[parameter]));
        _partialFloats += floats * slices;
    }

    /// <summary>The user's member that a kernel belongs to.</summary>
    private string Member(KernelGroup group) => $"{_network.Spec.Name}, {_network.Spec.Calls[group.Call].Layer.Name}";

    private bool IsSamples(int id) => (_network.TrainGraph ?? _network.PredictGraph)[id].Op is Op.Input;

    private void EmitKernel(KernelGroup group, KernelGroup[] all)
    {
        string stem = _names[group.Call];
        switch (group)
        {
            case ConvForwardGroup g:
                ConvForward.EmitHelpers(_writer, g);
                ConvForward.Emit(_writer, stem + "_fprop", Member(g), g, IsSamples(g.X));
                break;
            case PoolForwardGroup g:
                if (IsSamples(g.X)) Gather.Emit(_writer, _network.Spec.Input, Panels.Pad(_network.Spec.Input.Count));
                Pooling.EmitForward(_writer, stem + "_forward", Member(g), g);
                break;
            case DenseForwardGroup g:
                if (IsSamples(g.X)) Gather.Emit(_writer, _network.Spec.Input, Panels.Pad(_network.Spec.Input.Count));
                if (!IsLast(g, all)) DenseForward.Emit(_writer, stem + "_forward", Member(g), g);
                break;
            case HeadGroup g:
                DenseForwardGroup last = all.OfType<DenseForwardGroup>().Last();
                // Training has no use for the softmax, prediction has.
                bool softmax = _network.Predict.Groups.OfType<HeadGroup>().Single().Softmax;
                Head.Emit(_writer, Member(last), last, g with { Softmax = softmax }, LastDgrad(last, all), Learner);
                break;
            case DenseDgradGroup g:
                if (!IsLast(g, all)) DenseDgrad.Emit(_writer, stem + "_dgrad", Member(g), g);
                break;
            case ConvBackwardGroup g:
                if (g.Dx is not null) ConvDgrad.Emit(_writer, stem + "_dgrad", Member(g), g);
                ConvWgrad.Emit(_writer, stem + "_wgrad", Member(g), g, IsSamples(g.X));
                break;
            case PoolBackwardGroup g:
                Pooling.EmitBackward(_writer, stem + "_backward", Member(g), g);
                break;
            case DenseUpdateGroup g:
                DenseUpdate.Emit(_writer, stem + "_update", Member(g), g, _network.Parameters[g.Weights], g.Bias is { } bias ? _network.Parameters[bias] : null, Learner!, Finishes(g, all));
                break;
        }
    }

    private void EmitMeasure()
    {
        _writer.Helper("finish", StepText.Finish);
        using (_writer.Kernel(new("measure", 128, 8, StepText.FinishSharedBytes), "// measure: adds the losses of a forward pass to the step's sums; one block", "Step* __restrict__ step, const float* __restrict__ losses, const int* __restrict__ correct, int batch"))
            _writer.Code.Line("__shared__ Sums step_sums;\nfinish(step_sums, step, losses, correct, batch);");
    }

    /// <summary>The launches of a pass, in two walks: the first notes which launch uses which value, the second knows their places.</summary>
    private (List<CudaLaunch> Launches, int SampleFloats) Launches(Schedule schedule, ParameterPlanner parameters, KernelGroup[] groups, bool training)
    {
        var plan = new BatchPlan(schedule);
        plan.Add(GatheredId, "x", "f32", Panels.Pad(_network.Spec.Input.Count));
        var builder = new LaunchBuilder(plan, parameters);
        Walk();
        plan.Place();
        builder = new LaunchBuilder(plan, parameters) { IsPlaced = true };
        Walk();
        return (builder.Launches, plan.SampleFloats);

        void Walk()
        {
            foreach (KernelGroup group in groups) Add(builder, group, groups, training);
            if (training && _segments.Count > 0) AddConvUpdate(builder);
        }
    }

    private void Add(LaunchBuilder to, KernelGroup group, KernelGroup[] all, bool training)
    {
        string stem = _names[group.Call];
        switch (group)
        {
            case ConvForwardGroup g:
                to.Launch(_writer[stem + "_fprop"], ConvForward.Grid(g), IsSamples(g.X) ? to.Step : to.Value(g.X), to.Parameter(g.Weights), to.ParameterIf(g.Bias), to.Value(g.Y), g.Geometry.Pooled ? to.ValueOrNull(g.Arg) : null);
                break;
            case PoolForwardGroup g:
                AddGather(to, g.X);
                to.Launch(_writer[stem + "_forward"], Pooling.ForwardGrid(g.Geometry), Samples(to, g.X), to.Value(g.Y), to.ValueOrNull(g.Arg));
                break;
            case DenseForwardGroup g:
                AddGather(to, g.X);
                if (!IsLast(g, all)) to.Launch(_writer[stem + "_forward"], DenseForward.Grid(g), Samples(to, g.X), to.Parameter(g.Weights), to.ParameterIf(g.Bias), to.Value(g.Y), to.Count);
                break;
            case HeadGroup g:
                AddHead(to, g, all, training);
                break;
            case DenseDgradGroup g:
                if (!IsLast(g, all)) to.Launch(_writer[stem + "_dgrad"], DenseDgrad.Grid(g), to.Value(g.Dy), to.Parameter(g.Weights), to.ValueIf(g.ReluOutput), to.Value(g.Dx), to.Count);
                break;
            case ConvBackwardGroup g:
                if (g.Dx is { } dx)
                    to.Launch(_writer[stem + "_dgrad"], ConvDgrad.Grid(g), to.Value(g.Dy), g.Relu ? to.Value(g.Y) : null, to.ValueIf(g.Arg), new(CudaArea.Derived, _flippedAt[g.Weights]), to.Value(dx));
                to.Launch(_writer[stem + "_wgrad"], ConvWgrad.Grid(g), IsSamples(g.X) ? to.Step : to.Value(g.X), to.Value(g.Dy), g.Relu ? to.Value(g.Y) : null, to.ValueIf(g.Arg),
                    new(CudaArea.Partials, _partialsAt[g.Weights]), g.Bias is { } bias ? new(CudaArea.Partials, _partialsAt[bias]) : null, to.Count);
                break;
            case PoolBackwardGroup g:
                to.Launch(_writer[stem + "_backward"], Pooling.BackwardGrid(g.Geometry), to.Value(g.Dy), to.Value(g.Arg), to.Value(g.Dx));
                break;
            case DenseUpdateGroup g:
                bool finishes = Finishes(g, all);
                to.Launch(_writer[stem + "_update"], DenseUpdate.Grid(g, finishes),
                    [to.Step, Samples(to, g.X), to.Value(g.Dy), .. Optimizer.Arguments(Learner!), .. finishes ? new CudaArgument[] { new(CudaArea.Losses), new(CudaArea.Correct) } : [], to.Count]);
                break;
        }
    }

    private void AddGather(LaunchBuilder to, int x)
    {
        if (IsSamples(x)) to.Launch(_writer["gather"], Gather.Grid(Panels.Pad(_network.Spec.Input.Count)), to.Step, to.Value(GatheredId));
    }

    private CudaArgument Samples(LaunchBuilder to, int x) => to.Value(IsSamples(x) ? GatheredId : x);

    private void AddHead(LaunchBuilder to, HeadGroup head, KernelGroup[] all, bool training)
    {
        DenseForwardGroup last = all.OfType<DenseForwardGroup>().Last();
        DenseDgradGroup? dgrad = LastDgrad(last, all);
        bool hasLoss = _network.Spec.Loss is not null, learns = Learner is not null, hasDx = learns && _network.Train!.Groups.OfType<DenseDgradGroup>().Any(d => d.Call == last.Call);
        to.Launch(_writer["head"], Head.Grid, [
            hasLoss ? to.Step : null, Samples(to, last.X), to.Parameter(last.Weights), to.ParameterIf(last.Bias), to.Value(head.Logits), training ? new(CudaArea.None) : new(CudaArea.Output),
            hasLoss ? new(CudaArea.Losses) : null, hasLoss ? new(CudaArea.Correct) : null,
            learns ? to.ValueOrNull(head.LogitsGrad) : null, hasDx ? to.ValueOrNull(dgrad?.Dx) : null, to.Count]);
    }

    private void AddConvUpdate(LaunchBuilder to) => to.Launch(_writer["conv_update"], CudaGrid.Of(ConvUpdate.Blocks(_segments)),
        [to.Step, new(CudaArea.Partials), new(CudaArea.Derived), .. Optimizer.Arguments(Learner!), new(CudaArea.Losses), new(CudaArea.Correct), to.Count]);

    private static bool IsLast(DenseForwardGroup group, KernelGroup[] all) => ReferenceEquals(group, all.OfType<DenseForwardGroup>().Last());

    private static bool IsLast(DenseDgradGroup group, KernelGroup[] all) => group.Call == all.OfType<DenseForwardGroup>().Last().Call;

    private static DenseDgradGroup? LastDgrad(DenseForwardGroup last, KernelGroup[] all) => all.OfType<DenseDgradGroup>().FirstOrDefault(d => d.Call == last.Call);

    /// <summary>Whether a dense update is the last kernel of a step: there is no convolution behind it, and no other.</summary>
    private bool Finishes(DenseUpdateGroup group, KernelGroup[] all) => _segments.Count == 0 && ReferenceEquals(group, all.OfType<DenseUpdateGroup>().Last());
}
