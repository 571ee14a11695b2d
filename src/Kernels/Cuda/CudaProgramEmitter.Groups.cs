using Convoke.Kernels.Cuda.TensorCores;
using Convoke.Kernels.Models;
using Convoke.Kernels.Scheduling;

namespace Convoke.Kernels.Cuda;

/// <summary>The kernels of each group, and their launches.</summary>
public sealed partial class CudaProgramEmitter
{
    private void Add(Pass pass, KernelGroup group)
    {
        LaunchBuilder to = pass.To;
        CudaArgument? StepFor(DropoutGroup? drop) => drop is null ? null : to.Step;
        switch (group)
        {
            case ConvForwardGroup g when ReferenceEquals(g, pass.WithLogits?.Conv):
                AddWithLogits(pass, pass.WithLogits!);
                break;
            case ConvForwardGroup g when FusedForward(pass, g) is { } fused:
                if (ReferenceEquals(g, fused.First)) AddFusedForward(pass, fused);
                break;
            case ConvForwardGroup g when pass.Samples(g.X) is null && Copy(pass, g.Weights, OperandUse.ConvForward) is { } copy && ConvTensorTile.Choose(g.Geometry, copy.Operands) is { } tile:
                TileMoments? tensorMoments = MomentsOf(pass, g, tile.Rows, tile.Columns);
                ConvTensorForward.Emit(_writer, Stem(g) + "_fprop", Member(g), g, tile, copy.Operands, tensorMoments);
                to.Launch(_writer.Last, ConvTensorForward.Grid(g, tile), StepFor(g.Drop), to.Value(g.X), Derived(copy), to.ParameterIf(g.Bias), to.Value(g.Y), g.Geometry.Pooled ? to.ValueOrNull(g.Arg) : null, Parts(pass, g, tensorMoments));
                AddStatistics(pass, g, tensorMoments);
                break;
            case ConvForwardGroup g when pass.Samples(g.X) is not null && Copy(pass, g.Weights, OperandUse.ConvSamples) is { } copy:
                TileMoments? sampleMoments = MomentsOf(pass, g, ConvTensorSamples.TileRows(g.Geometry), g.Geometry.OutColumns);
                ConvTensorSamples.Emit(_writer, Stem(g) + "_fprop", Member(g), g, pass.Samples(g.X)!, copy.Operands, sampleMoments);
                to.Launch(_writer.Last, ConvTensorSamples.Grid(g), to.Step, Derived(copy), to.ParameterIf(g.Bias), to.Value(g.Y), g.Geometry.Pooled ? to.ValueOrNull(g.Arg) : null, Parts(pass, g, sampleMoments));
                AddStatistics(pass, g, sampleMoments);
                break;
            case ConvForwardGroup g:
                ConvTile plain = ConvTile.Choose(g.Geometry);
                TileMoments? moments = MomentsOf(pass, g, plain.Rows, plain.Columns);
                ConvForward.EmitHelpers(_writer, g);
                ConvForward.Emit(_writer, Stem(g) + "_fprop", Member(g), g, pass.Samples(g.X), moments);
                to.Launch(_writer.Last, ConvForward.Grid(g), pass.Samples(g.X) is not null ? null : StepFor(g.Drop), pass.Samples(g.X) is not null ? to.Step : to.Value(g.X), to.Parameter(g.Weights), to.ParameterIf(g.Bias), to.Value(g.Y), g.Geometry.Pooled ? to.ValueOrNull(g.Arg) : null, Parts(pass, g, moments));
                AddStatistics(pass, g, moments);
                break;
            case PoolForwardGroup g:
                AddGather(pass, g.X);
                Pooling.EmitForward(_writer, Stem(g) + "_forward", Member(g), g);
                to.Launch(_writer.Last, Pooling.ForwardGrid(g.Geometry), Samples(pass, g.X), to.Value(g.Y), to.ValueOrNull(g.Arg));
                break;
            case DenseForwardGroup g:
                AddGather(pass, g.X);
                if (ReferenceEquals(g, pass.Last)) break;
                if (Copy(pass, g.Weights, OperandUse.DenseForward) is { } dense)
                {
                    DenseTensorForward.Emit(_writer, Stem(g) + "_forward", Member(g), g, dense.Operands);
                    to.Launch(_writer.Last, DenseTensorForward.Grid(g), StepFor(g.Drop), Samples(pass, g.X), Derived(dense), to.ParameterIf(g.Bias), to.Value(g.Y), to.Count);
                    break;
                }
                DenseForward.Emit(_writer, Stem(g) + "_forward", Member(g), g);
                to.Launch(_writer.Last, DenseForward.Grid(g), StepFor(g.Drop), Samples(pass, g.X), to.Parameter(g.Weights), to.ParameterIf(g.Bias), to.Value(g.Y), to.Count);
                break;
            case HeadGroup g:
                AddHead(pass, g);
                break;
            case DenseDgradGroup g:
                if (ReferenceEquals(g, pass.LastDgrad) || ReferenceEquals(g, _places.WideBackward?.Dgrad) || ReferenceEquals(g, _headDgrad?.Below)) break;
                if (Copy(pass, g.Weights, OperandUse.DenseDgrad) is { } transposed)
                {
                    DenseTensorDgrad.Emit(_writer, Stem(g) + "_dgrad", Member(g), g, transposed.Operands);
                    to.Launch(_writer.Last, DenseTensorDgrad.Grid(g), to.Value(g.Dy), Derived(transposed), to.ValueIf(g.ReluOutput), to.Value(g.Dx), to.Count);
                    break;
                }
                DenseDgrad.Emit(_writer, Stem(g) + "_dgrad", Member(g), g);
                to.Launch(_writer.Last, DenseDgrad.Grid(g), to.Value(g.Dy), to.Parameter(g.Weights), to.ValueIf(g.ReluOutput), to.Value(g.Dx), to.Count);
                break;
            case ConvBackwardGroup g:
                AddConvBackward(pass, g);
                break;
            case PoolBackwardGroup g:
                Pooling.EmitBackward(_writer, Stem(g) + "_backward", Member(g), g);
                to.Launch(_writer.Last, Pooling.BackwardGrid(g.Geometry), to.Value(g.Dy), to.Value(g.Arg), to.Value(g.Dx));
                break;
            case DenseUpdateGroup or ConvUpdateGroup or BatchNormUpdateGroup:
                break;      // all updates are one launch, the last
            case BatchMomentsGroup or BatchNormSumsGroup:
                AddBatchNorm(pass, group);
                break;
            default:
                AddElementwise(pass, group);
                break;
        }
    }

    /// <summary>The pair of convolutions that one kernel computes to which the group belongs, or null.</summary>
    private ConvTensorFusedForward? FusedForward(Pass pass, ConvForwardGroup group)
    {
        ConvForwardGroup? first = pass.Samples(group.X) is null ? pass.Groups.OfType<ConvForwardGroup>().FirstOrDefault(g => g.Y == group.X) : group;
        if (first is null || pass.Samples(first.X) is null || Copy(pass, first.Weights, OperandUse.ConvSamples) is not { } copy) return null;
        ConvForwardGroup? second = pass.Groups.OfType<ConvForwardGroup>().FirstOrDefault(g => g.X == first.Y && Copy(pass, g.Weights, OperandUse.ConvForward) is not null);
        return second is null || (!ReferenceEquals(group, first) && !ReferenceEquals(group, second)) ? null : ConvTensorFusedForward.Choose(first, second, copy.Operands);
    }

    private void AddFusedForward(Pass pass, ConvTensorFusedForward fused)
    {
        LaunchBuilder to = pass.To;
        (ConvForwardGroup first, ConvForwardGroup second) = (fused.First, fused.Second);
        bool isRead = pass.Groups.Any(g => !ReferenceEquals(g, second) && g.Reads.Contains(first.Y));
        CudaGrid grid = fused.Grid;
        if (fused.TakesTurns) grid = grid with { Tunable = _places.Tunables.Add("forward_blocks", grid.MaxUnits, grid.MaxUnits / 4, grid.MaxUnits / 2) };
        fused.Emit(_writer, $"{Stem(first)}_{Stem(second)}_fprop", $"{Member(first)} and {_network.Spec.Calls[second.Call].Layer.Name}", pass.Samples(first.X)!);
        to.Launch(
            _writer.Last, grid, to.Step,
            Derived(Copy(pass, first.Weights, OperandUse.ConvSamples)!), to.ParameterIf(first.Bias), isRead ? to.Value(first.Y) : new(CudaArea.None), first.Geometry.Pooled ? to.ValueOrNull(first.Arg) : null,
            Derived(Copy(pass, second.Weights, OperandUse.ConvForward)!), to.ParameterIf(second.Bias), to.Value(second.Y), second.Geometry.Pooled ? to.ValueOrNull(second.Arg) : null, fused.TakesTurns ? to.Count : null);
    }

    private void AddWithLogits(Pass pass, ConvTensorLogits fused)
    {
        LaunchBuilder to = pass.To;
        (ConvForwardGroup conv, DenseForwardGroup last) = (fused.Conv, fused.Last);
        bool isRead = pass.Groups.Any(g => !ReferenceEquals(g, last) && g.Reads.Contains(conv.Y)) || pass.Trains;
        fused.Emit(_writer, $"{Stem(conv)}_{Stem(last)}_parts", $"{Member(conv)} and {_network.Spec.Calls[last.Call].Layer.Name}", pass.Samples(conv.X)!);
        to.Launch(
            _writer.Last, fused.Grid, to.Step, Derived(Copy(pass, conv.Weights, OperandUse.ConvSamples)!), to.ParameterIf(conv.Bias), to.Parameter(last.Weights),
            isRead ? to.Value(conv.Y) : new(CudaArea.None), isRead ? to.ValueOrNull(conv.Arg) : new(CudaArea.None), to.Value(HeadWide.PartialsId), to.Count);
    }

    /// <summary>The operands of a weight; null where the product is made by fused multiply-adds.</summary>
    private OperandCopy? Copy(Pass pass, int weights, OperandUse use) => !pass.Trains && _places.Folded.ContainsKey(weights) ? null : _places.Copy(pass.Parameters[weights].Name, use);

    private static CudaArgument Derived(OperandCopy copy) => new(CudaArea.Derived, copy.Offset);

    /// <summary>All gradients of a convolution by one kernel.</summary>
    private void AddFusedBackward(Pass pass, ConvBackwardGroup g, ConvTensorBackwardTile tile, ConvFirstWgrad? first)
    {
        LaunchBuilder to = pass.To;
        ConvTensorBackward.Emit(_writer, Stem(g) + "_backward", Member(g), g, tile, _places.Operands!, first);
        CudaArgument? Partials(ConvBackwardGroup of, int? parameter) => parameter is { } id ? new(CudaArea.Partials, _places.Partials(of, id)) : null;
        CudaArgument?[] results = first is null ? [to.Value(g.Dx!.Value)] : [to.ValueIf(first.Group.Arg), Partials(first.Group, first.Group.Weights), Partials(first.Group, first.Group.Bias)];
        to.Launch(_writer.Last, _places.Sliced(ConvTensorBackward.Grid, g.Weights), [
            first is null ? null : to.Step, to.Value(g.X), to.Value(g.Dy), g.Relu ? to.Value(g.Y) : null, to.ValueIf(g.Arg), Derived(Copy(pass, g.Weights, OperandUse.ConvDgrad)!),
            Partials(g, g.Weights), Partials(g, g.Bias), .. results, to.Count]);
        to.Name($"{g.Name} backward" + (first is null ? "" : $", {first.Group.Name} wgrad"));
    }

    /// <summary>All gradients behind a wide head by one kernel.</summary>
    private void AddWideBackward(Pass pass, HeadWideBackward wide)
    {
        LaunchBuilder to = pass.To;
        ConvBackwardGroup conv = wide.Conv;
        PlacedParameter weights = _network.Parameters[wide.Update.Weights];
        PlacedParameter? bias = wide.Update.Bias is { } id ? _network.Parameters[id] : null;
        wide.Emit(_writer, $"{Stem(wide.Update)}_{Stem(conv)}_backward", $"{Member(wide.Update)} and {_network.Spec.Calls[conv.Call].Layer.Name}", weights, bias, Learner!);
        to.Launch(_writer.Last, wide.Grid, [
            to.Step, to.Value(wide.Dgrad.Dy), to.Value(conv.Y), conv.Geometry.Pooled ? to.Value(conv.Arg!.Value) : null,
            new(CudaArea.Partials, _places.Partials(conv, conv.Weights)), conv.Bias is { } shift ? new(CudaArea.Partials, _places.Partials(conv, shift)) : null,
            .. Optimizer.Arguments(Learner!), to.Count]);
        to.Name($"{wide.Update.Name} and {conv.Name} backward");
    }

    private void AddConvBackward(Pass pass, ConvBackwardGroup g)
    {
        LaunchBuilder to = pass.To;
        if (_places.IsPartOfSecond(g)) return;
        if (_places.WideBackward is { } wide && ReferenceEquals(g, wide.Conv))
        {
            AddWideBackward(pass, wide);
            return;
        }

        if (_places.Backward(g) is { } fused)
        {
            AddFusedBackward(pass, g, fused.Tile, fused.First);
            return;
        }

        CudaGrid grid;
        if (_places.TensorWgrad(g) is { } wgrad)
        {
            ConvTensorWgrad.Emit(_writer, Stem(g) + "_wgrad", Member(g), g, wgrad, _places.Operands!);
            grid = ConvTensorWgrad.Grid(g, wgrad, _places.Slices(g.Weights));
        }
        else if (_places.SamplesWgrad(g) is { } first)
        {
            first.Emit(_writer, Stem(g) + "_wgrad", Member(g), g, pass.Samples(g.X)!, _places.Operands!);
            grid = ConvTensorSamplesWgrad.Grid(g.Geometry, _places.Slices(g.Weights));
        }
        else
        {
            ConvWgrad.Emit(_writer, Stem(g) + "_wgrad", Member(g), g, pass.Samples(g.X));
            grid = ConvWgrad.Grid(g, _places.Slices(g.Weights));
        }

        CudaArgument?[] arguments = [
            pass.Samples(g.X) is not null ? to.Step : to.Value(g.X), to.Value(g.Dy), g.Relu ? to.Value(g.Y) : null, to.ValueIf(g.Arg),
            new(CudaArea.Partials, _places.Partials(g, g.Weights)), g.Bias is { } bias ? new(CudaArea.Partials, _places.Partials(g, bias)) : null, to.Count];
        to.Launch(_writer.Last, _places.Sliced(grid, g.Weights), arguments);

        if (g.Dx is not { } dx) return;
        if (_places.Operands is { } operands && ConvTensorDgrad.Tile(g.Geometry, operands) is { } tile)
        {
            ConvTensorDgrad.Emit(_writer, Stem(g) + "_dgrad", Member(g), g, tile, operands);
            to.Launch(_writer.Last, ConvTensorDgrad.Grid(g, tile), to.Value(g.Dy), g.Relu ? to.Value(g.Y) : null, to.ValueIf(g.Arg), Derived(Copy(pass, g.Weights, OperandUse.ConvDgrad)!), to.Value(dx));
        }
        else
        {
            ConvDgrad.Emit(_writer, Stem(g) + "_dgrad", Member(g), g);
            to.Launch(_writer.Last, ConvDgrad.Grid(g), to.Value(g.Dy), g.Relu ? to.Value(g.Y) : null, to.ValueIf(g.Arg), new(CudaArea.Derived, _places.Flipped(g.Weights)), to.Value(dx));
        }
    }

    private void AddElementwise(Pass pass, KernelGroup group)
    {
        LaunchBuilder to = pass.To;
        switch (group)
        {
            case PointwiseGroup g when SumsOf(pass, g) is { } sums:
                AddMadeSums(pass, g, sums);
                break;
            case PointwiseGroup g:
                PointwiseKernel.Emit(_writer, $"{Stem(g)}_{CudaNames.Of(PointwiseKernel.Words(g.Role))}", Member(g), g);
                ElementGrid grid = PointwiseKernel.Grid(g);
                to.Launch(_writer.Last, grid.Grid, [
                    .. g.Maps.Select(to.Value), .. g.Vectors.Select(v => Vector(pass, v)), to.Value(g.Y), grid.Count(to)]);
                break;
            case WindowPoolGroup g:
                WindowPool.EmitForward(_writer, Stem(g) + "_forward", Member(g), g);
                Launch(WindowPool.Grid(g), to.Value(g.X), to.Value(g.Y), g.Kind == PoolKind.Max ? to.ValueOrNull(g.Arg) : null);
                break;
            case WindowPoolBackwardGroup g:
                WindowPool.EmitBackward(_writer, Stem(g) + "_backward", Member(g), g);
                Launch(WindowPool.Grid(g), to.Value(g.Dy), to.ValueIf(g.Arg), to.Value(g.Dx));
                break;
            case ImportGroup g:
                Import.Emit(_writer, g, pass.Samples(g.X)!);
                to.Launch(_writer.Last, Import.Grid(g), to.Step, to.Value(g.Y));
                break;
            case ConcatGroup g:
                Rearrange.EmitConcat(_writer, Stem(g), Member(g), g);
                Launch(Rearrange.Grid(g), [.. g.Parts.Select(to.Value), to.Value(g.Y)]);
                break;
            case SliceGroup g:
                Rearrange.EmitSlice(_writer, $"{Stem(g)}_part{g.Part}", Member(g), g);
                Launch(Rearrange.Grid(g), to.Value(g.X), to.Value(g.Y));
                break;
            case UpsampleGroup g:
                Rearrange.EmitUpsample(_writer, Stem(g) + "_forward", Member(g), g);
                Launch(Rearrange.Grid(g), to.Value(g.X), to.Value(g.Y));
                break;
            case UpsampleBackwardGroup g:
                Rearrange.EmitUpsampleBackward(_writer, Stem(g) + "_backward", Member(g), g);
                Launch(Rearrange.Grid(g), to.Value(g.Dy), to.Value(g.Dx));
                break;
            case DropoutGroup g:
                Dropout.Emit(_writer, Stem(g) + (g.Backward ? "_backward" : "_forward"), Member(g), g);
                Launch(Dropout.Grid(g), to.Step, to.Value(g.X), to.Value(g.Y));
                break;
            default:
                throw new InvalidOperationException($"{group.GetType().Name} has no CUDA kernel");
        }

        void Launch(ElementGrid grid, params CudaArgument?[] arguments) => to.Launch(_writer.Last, grid.Grid, [.. arguments, grid.Count(to)]);
    }

    private void AddGather(Pass pass, int x)
    {
        if (pass.Samples(x) is not { } input) return;
        int stored = Panels.Pad(input.Spec.Count);
        Gather.Emit(_writer, input, stored);
        pass.To.Launch(_writer.Last, Gather.Grid(stored), pass.To.Step, pass.To.Value(Pass.GatheredId(x)));
    }

    private static CudaArgument Samples(Pass pass, int x) => pass.To.Value(pass.Samples(x) is null ? x : Pass.GatheredId(x));

    private void AddHead(Pass pass, HeadGroup head)
    {
        // Training has no use for the softmax, prediction has; the kernel serves both.
        HeadGroup shown = head with { Output = _network.Predict.Groups.OfType<HeadGroup>().Single(h => h.Name == head.Name).Output };
        LaunchBuilder to = pass.To;
        bool hasLoss = head.Loss is not null;
        if (pass.Trains && _headDgrad is { } fused)
        {
            fused.Emit(_writer, $"head_{Stem(fused.Below)}_dgrad", $"{Member(fused.Below)}, {_network.Spec.Calls[pass.Last!.Call].Layer.Name}", shown, Learner!);
            to.Launch(_writer.Last, fused.Grid(shown, Learner!), [
                to.Step, Samples(pass, pass.Last.X), to.Parameter(pass.Last.Weights), to.ParameterIf(pass.Last.Bias), new(CudaArea.Losses), head.Place.Counts ? new(CudaArea.Correct) : null, to.Value(head.LogitsGrad!.Value),
                to.Value(fused.LastDgrad.Dx), Derived(Copy(pass, fused.Below.Weights, OperandUse.DenseDgrad)!), to.ValueIf(fused.Below.ReluOutput), to.Value(fused.Below.Dx), to.Count]);
            return;
        }

        // A head that goes back by a kernel of its own is the training's alone.
        OptimizerSpec? learner = hasLoss && _headDgrad is null ? Learner : null;
        CudaArgument?[] results = [
            pass.Trains ? new(CudaArea.None) : new(CudaArea.Output), hasLoss ? new(CudaArea.Losses) : null, head.Place.Counts ? new(CudaArea.Correct) : null, learner is not null ? to.ValueOrNull(head.LogitsGrad) : null];
        if (pass.Last is not { } last)
        {
            (CudaKernel _, CudaGrid grid) = head.IsByElement ? (ElementHead.Emit(_writer, Member(head), shown, learner), ElementHead.Grid)
                : head.Pixels > 1 ? (HeadPixels.Emit(_writer, Member(head), shown, learner), HeadPixels.Grid)
                : (HeadRows.Emit(_writer, Member(head), shown, learner), HeadRows.Grid(shown, learner));
            to.Launch(_writer.Last, grid, [hasLoss ? to.Step : null, to.Value(head.Logits), .. results, to.Count]);
            return;
        }

        if (HeadWide.Suits(last))
        {
            if (pass.WithLogits is null)
            {
                HeadWide.EmitPartials(_writer, Stem(last) + "_parts", Member(last), last);
                to.Launch(_writer.Last, HeadWide.PartialsGrid(last), Samples(pass, last.X), to.Parameter(last.Weights), to.Value(HeadWide.PartialsId), to.Count);
            }

            HeadWide.EmitHead(_writer, Member(last), last, pass.LogitParts, shown, learner);
            to.Launch(_writer.Last, HeadWide.HeadGrid(shown, learner), [hasLoss ? to.Step : null, to.Value(HeadWide.PartialsId), to.ParameterIf(last.Bias), .. results, to.Count]);
            return;
        }

        // A prediction's kernel is the training's, and so has a place for the gradient of x where that has one.
        DenseDgradGroup? dgrad = _headDgrad is null ? _lastDgrad : null;
        Head.Emit(_writer, Member(last), last, shown, dgrad, learner);
        to.Launch(_writer.Last, Head.Grid(shown, learner), [
            hasLoss ? to.Step : null, Samples(pass, last.X), to.Parameter(last.Weights), to.ParameterIf(last.Bias), Head.KeepsLogits(last) ? null : to.Value(head.Logits), .. results,
            dgrad is null ? null : to.ValueOrNull(pass.Trains ? dgrad.Dx : null), to.Count]);
    }
}
