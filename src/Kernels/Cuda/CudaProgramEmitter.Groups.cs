using Convoke.Kernels.Models;
using Convoke.Kernels.Scheduling;

namespace Convoke.Kernels.Cuda;

/// <summary>The kernels of each group, and their launches.</summary>
public sealed partial class CudaProgramEmitter
{
    private void Add(Pass pass, KernelGroup group)
    {
        LaunchBuilder to = pass.To;
        switch (group)
        {
            case ConvForwardGroup g:
                ConvForward.EmitHelpers(_writer, g);
                ConvForward.Emit(_writer, Stem(g) + "_fprop", Member(g), g, pass.IsSamples(g.X));
                to.Launch(_writer.Last, ConvForward.Grid(g), pass.IsSamples(g.X) ? to.Step : to.Value(g.X), to.Parameter(g.Weights), to.ParameterIf(g.Bias), to.Value(g.Y), g.Geometry.Pooled ? to.ValueOrNull(g.Arg) : null);
                break;
            case PoolForwardGroup g:
                AddGather(pass, g.X);
                Pooling.EmitForward(_writer, Stem(g) + "_forward", Member(g), g);
                to.Launch(_writer.Last, Pooling.ForwardGrid(g.Geometry), Samples(pass, g.X), to.Value(g.Y), to.ValueOrNull(g.Arg));
                break;
            case DenseForwardGroup g:
                AddGather(pass, g.X);
                if (ReferenceEquals(g, pass.Last)) break;
                DenseForward.Emit(_writer, Stem(g) + "_forward", Member(g), g);
                to.Launch(_writer.Last, DenseForward.Grid(g), Samples(pass, g.X), to.Parameter(g.Weights), to.ParameterIf(g.Bias), to.Value(g.Y), to.Count);
                break;
            case HeadGroup g:
                AddHead(pass, g);
                break;
            case DenseDgradGroup g:
                if (ReferenceEquals(g, pass.LastDgrad)) break;
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
            case DenseUpdateGroup g:
                bool finishes = pass.Finishes(g);
                DenseUpdate.Emit(_writer, Stem(g) + "_update", Member(g), g, _network.Parameters[g.Weights], g.Bias is { } bias ? _network.Parameters[bias] : null, Learner!, finishes, Draws);
                to.Launch(_writer.Last, DenseUpdate.Grid(g, finishes),
                    [to.Step, Samples(pass, g.X), to.Value(g.Dy), .. Optimizer.Arguments(Learner!), .. finishes ? new CudaArgument[] { new(CudaArea.Losses), new(CudaArea.Correct) } : [], to.Count]);
                break;
            case ConvUpdateGroup:
                break;      // all of them are one launch, the last
            case BatchMomentsGroup or BatchNormSumsGroup or BatchNormUpdateGroup:
                AddBatchNorm(pass, group);
                break;
            default:
                AddElementwise(pass, group);
                break;
        }
    }

    private void AddConvBackward(Pass pass, ConvBackwardGroup g)
    {
        LaunchBuilder to = pass.To;
        if (g.Dx is { } dx)
        {
            ConvDgrad.Emit(_writer, Stem(g) + "_dgrad", Member(g), g);
            to.Launch(_writer.Last, ConvDgrad.Grid(g), to.Value(g.Dy), g.Relu ? to.Value(g.Y) : null, to.ValueIf(g.Arg), new(CudaArea.Derived, _places.Flipped(g.Weights)), to.Value(dx));
        }

        ConvWgrad.Emit(_writer, Stem(g) + "_wgrad", Member(g), g, pass.IsSamples(g.X));
        to.Launch(_writer.Last, ConvWgrad.Grid(g, _places.Slices(g.Weights)), pass.IsSamples(g.X) ? to.Step : to.Value(g.X), to.Value(g.Dy), g.Relu ? to.Value(g.Y) : null, to.ValueIf(g.Arg),
            new(CudaArea.Partials, _places.Partials(g, g.Weights)), g.Bias is { } bias ? new(CudaArea.Partials, _places.Partials(g, bias)) : null, to.Count);
    }

    private void AddBatchNorm(Pass pass, KernelGroup group)
    {
        LaunchBuilder to = pass.To;
        var partials = new CudaArgument(CudaArea.Partials, _places.NormPartials);
        switch (group)
        {
            case BatchMomentsGroup g:
                var moments = new BatchNorm(g.Extent);
                moments.EmitMoments(_writer, Stem(g) + "_moments", Member(g), g);
                to.Launch(_writer.Last, moments.PartialGrid, to.Value(g.X), partials, to.Count);
                moments.EmitStatistics(_writer, Stem(g) + "_statistics", Member(g), g);
                to.Launch(_writer.Last, moments.MergeGrid, partials, to.Parameter(g.Parameters.Gamma), Norm(pass, g.Parameters.Gamma), to.Count);
                break;
            case BatchNormSumsGroup g:
                var sums = new BatchNorm(g.Extent);
                sums.EmitSums(_writer, Stem(g) + "_sums", Member(g), g);
                to.Launch(_writer.Last, sums.PartialGrid, to.Value(g.Dy), to.Value(g.X), Norm(pass, g.Parameters.Gamma), partials, to.Count);
                sums.EmitGradients(_writer, Stem(g) + "_gradients", Member(g), g);
                to.Launch(_writer.Last, sums.MergeGrid, partials, Norm(pass, g.Parameters.Gamma), to.Count);
                break;
            case BatchNormUpdateGroup g:
                BatchNormUpdate.Emit(_writer, Stem(g) + "_update", Member(g), g, _network.Parameters, Learner!);
                to.Launch(_writer.Last, BatchNormUpdate.Grid(g), [.. BatchNormUpdate.Arguments(to, g, _places.Norm(_network.Parameters[g.Parameters.Gamma].Name), _network.Parameters, Learner!)]);
                break;
        }
    }

    /// <summary>The vectors of the normalization whose gamma it is.</summary>
    private CudaArgument Norm(Pass pass, int gamma, NormVector vector = 0) => new(CudaArea.Derived, _places.Norm(pass.Parameters[gamma].Name, vector));

    private void AddElementwise(Pass pass, KernelGroup group)
    {
        LaunchBuilder to = pass.To;
        switch (group)
        {
            case PointwiseGroup g:
                PointwiseKernel.Emit(_writer, $"{Stem(g)}_{CudaNames.Of(PointwiseKernel.Words(g.Role))}", Member(g), g);
                ElementGrid grid = PointwiseKernel.Grid(g);
                to.Launch(_writer.Last, grid.Grid, [
                    .. g.Maps.Select(to.Value), .. g.Vectors.Select(v => v.Vector is { } vector ? Norm(pass, v.Parameter, vector) : to.Parameter(v.Parameter)), to.Value(g.Y), grid.Count(to)]);
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
                Import.Emit(_writer, g, _network.Spec.Input);
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
        if (!pass.IsSamples(x)) return;
        Gather.Emit(_writer, _network.Spec.Input, Panels.Pad(_network.Spec.Input.Count));
        pass.To.Launch(_writer.Last, Gather.Grid(Panels.Pad(_network.Spec.Input.Count)), pass.To.Step, pass.To.Value(GatheredId));
    }

    private static CudaArgument Samples(Pass pass, int x) => pass.To.Value(pass.IsSamples(x) ? GatheredId : x);

    private void AddHead(Pass pass, HeadGroup head)
    {
        // Training has no use for the softmax, prediction has; the kernel serves both.
        ActivationKind output = _network.Predict.Groups.OfType<HeadGroup>().Single().Output;
        HeadGroup shown = head with { Output = output };
        LaunchBuilder to = pass.To;
        bool hasLoss = head.Loss is not null, learns = Learner is not null;
        CudaArgument?[] results = [
            pass.Trains ? new(CudaArea.None) : new(CudaArea.Output), hasLoss ? new(CudaArea.Losses) : null, hasLoss ? new(CudaArea.Correct) : null, learns ? to.ValueOrNull(head.LogitsGrad) : null];
        if (pass.Last is not { } last)
        {
            if (head.Pixels > 1) HeadPixels.Emit(_writer, Member(head), shown, Learner);
            else HeadRows.Emit(_writer, Member(head), shown, Learner);
            to.Launch(_writer.Last, head.Pixels > 1 ? HeadPixels.Grid : HeadRows.Grid, [hasLoss ? to.Step : null, to.Value(head.Logits), .. results, to.Count]);
            return;
        }

        // A prediction's kernel is the training's, and so has a place for the gradient of x where that has one.
        DenseDgradGroup? dgrad = _lastDgrad;
        Head.Emit(_writer, Member(last), last, shown, dgrad, Learner);
        to.Launch(_writer.Last, Head.Grid, [
            hasLoss ? to.Step : null, Samples(pass, last.X), to.Parameter(last.Weights), to.ParameterIf(last.Bias), to.Value(head.Logits), .. results,
            dgrad is null ? null : to.ValueOrNull(pass.Trains ? dgrad.Dx : null), to.Count]);
    }
}
