using Convoke.Kernels.Scheduling;

namespace Convoke.Kernels.Cuda;

/// <summary>The launches of normalizations: statistics of the batch, their gradients' sums, the update.</summary>
public sealed partial class CudaProgramEmitter
{
    /// <summary>Moments that are there once their convolution has run, and of which normalizations the gradient's sums are, once what makes the gradient has.</summary>
    private readonly HashSet<int> _measured = [], _summed = [];

    /// <summary>The moments that a convolution's kernel leaves of what it stores; null where no normalization reads that, which may be by another form.</summary>
    /// <param name="pass">The pass.</param>
    /// <param name="conv">The convolution.</param>
    /// <param name="rows">Output rows of a block's tile.</param>
    /// <param name="columns">Output columns of a block's tile.</param>
    private static TileMoments? MomentsOf(Pass pass, ConvForwardGroup conv, int rows, int columns)
    {
        if (!NormsBehind(pass, conv).Any()) return null;
        var moments = new TileMoments(rows, columns, conv.Geometry);
        pass.Add(TileMoments.Id(conv.Y), "moments", moments.SampleFloats);
        return moments;
    }

    private static CudaArgument? Parts(Pass pass, ConvForwardGroup conv, TileMoments? moments) => moments is null ? null : pass.To.Value(TileMoments.Id(conv.Y));

    /// <summary>Launches what merges the moments that the last launch left, for each normalization that reads what it stored.</summary>
    private void AddStatistics(Pass pass, ConvForwardGroup conv, TileMoments? moments)
    {
        if (moments is null) return;
        pass.To.Name($"{conv.Name} fprop, moments");
        foreach (BatchMomentsGroup norm in NormsBehind(pass, conv))
        {
            _measured.Add(norm.Parameters.Moments);
            moments.EmitStatistics(_writer, Stem(norm) + "_statistics", Member(norm), norm);
            pass.To.Launch(_writer.Last, moments.Grid, Parts(pass, conv, moments), pass.To.Parameter(norm.Parameters.Gamma), Norm(norm.Parameters.Moments), pass.To.Count);
        }
    }

    private static IEnumerable<BatchMomentsGroup> NormsBehind(Pass pass, ConvForwardGroup conv)
    {
        ConvGeometry g = conv.Geometry;
        return pass.Groups.OfType<BatchMomentsGroup>().Where(norm => norm.X == conv.Y && (norm.Extent.Rows, norm.Extent.Columns, norm.Extent.Stored) == (g.OutRows, g.OutColumns, g.KStored));
    }

    /// <summary>The normalization whose gradient an elementwise kernel makes; of several the first.</summary>
    private static BatchNormSumsGroup? SumsOf(Pass pass, PointwiseGroup maker) =>
        pass.Groups.OfType<BatchNormSumsGroup>().FirstOrDefault(sums => sums.Dy == maker.Y && (sums.Extent.Rows, sums.Extent.Columns, sums.Extent.Stored) == (maker.Extent.Rows, maker.Extent.Columns, maker.Extent.Stored));

    /// <summary>An elementwise kernel with the sums of what it makes.</summary>
    private void AddMadeSums(Pass pass, PointwiseGroup maker, BatchNormSumsGroup group)
    {
        LaunchBuilder to = pass.To;
        var sums = new BatchNorm(maker.Extent);
        _summed.Add(group.Parameters.Moments);
        sums.EmitMadeSums(_writer, $"{Stem(maker)}_{CudaNames.Of(PointwiseKernel.Words(maker.Role))}_sums", Member(maker), maker, group);
        to.Launch(_writer.Last, sums.PartialGrid, [
            .. maker.Maps.Select(to.Value), .. maker.Vectors.Select(v => Vector(pass, v)), to.Value(maker.Y), to.Value(group.X), Norm(group.Parameters.Moments), new(CudaArea.Partials, _places.NormPartials), to.Count]);
        to.Name($"{maker.Name} {PointwiseKernel.Words(maker.Role)}, {group.Name} sums");
        AddGradients(pass, sums, group);
    }

    private void AddGradients(Pass pass, BatchNorm sums, BatchNormSumsGroup group)
    {
        sums.EmitGradients(_writer, Stem(group) + "_gradients", Member(group), group);
        pass.To.Launch(_writer.Last, sums.MergeGrid, new(CudaArea.Partials, _places.NormPartials), Norm(group.Parameters.Moments), pass.To.Count);
    }

    private void AddBatchNorm(Pass pass, KernelGroup group)
    {
        LaunchBuilder to = pass.To;
        var partials = new CudaArgument(CudaArea.Partials, _places.NormPartials);
        switch (group)
        {
            case BatchMomentsGroup g when _measured.Contains(g.Parameters.Moments):
                break;      // the convolution before it has made them
            case BatchMomentsGroup g:
                var moments = new BatchNorm(g.Extent);
                moments.EmitMoments(_writer, Stem(g) + "_moments", Member(g), g);
                to.Launch(_writer.Last, moments.PartialGrid, to.Value(g.X), partials, to.Count);
                moments.EmitStatistics(_writer, Stem(g) + "_statistics", Member(g), g);
                to.Launch(_writer.Last, moments.MergeGrid, partials, to.Parameter(g.Parameters.Gamma), Norm(g.Parameters.Moments), to.Count);
                break;
            case BatchNormSumsGroup g when _summed.Contains(g.Parameters.Moments):
                break;      // what makes the gradient has made them
            case BatchNormSumsGroup g:
                var sums = new BatchNorm(g.Extent);
                sums.EmitSums(_writer, Stem(g) + "_sums", Member(g), g);
                to.Launch(_writer.Last, sums.PartialGrid, to.Value(g.Dy), to.Value(g.X), Norm(g.Parameters.Moments), partials, to.Count);
                AddGradients(pass, sums, g);
                break;
        }
    }

    /// <summary>The vectors of the call of a normalization whose moments they are.</summary>
    private CudaArgument Norm(int moments, NormVector vector = 0) => new(CudaArea.Derived, _places.Norm(moments, vector));

    private CudaArgument Vector(Pass pass, ChannelVector vector) => vector.Vector switch
    {
        null => pass.To.Parameter(vector.Owner),
        NormVector.RunningScale => new(CudaArea.Derived, _places.RunningScale(pass.Parameters[vector.Owner].Name)),
        { } own => Norm(vector.Owner, own),
    };
}
