using Convoke.Kernels.Models;
using Convoke.Kernels.Types;

namespace Convoke.Kernels.Scheduling;

/// <summary>Ops that one emitted kernel computes together. Ids name values of the graph that are kept in memory; what lies between them is not.</summary>
/// <param name="Name">The layer's name.</param>
/// <param name="Call">The layer call, for messages that name a layer.</param>
public abstract record KernelGroup(string Name, int Call)
{
    /// <summary>Whether the kernel works on one image at a time; the others take a chunk of images.</summary>
    public virtual bool PerImage => false;

    /// <summary>Whether the kernel runs in the phase over parameters.</summary>
    public virtual bool OverParameters => false;

    /// <summary>Whether what follows needs a result of the whole batch: no image may go on before all have come so far.</summary>
    public virtual bool EndsStage => false;

    /// <summary>Values read.</summary>
    public abstract IEnumerable<int> Reads { get; }

    /// <summary>Values written.</summary>
    public abstract IEnumerable<int> Writes { get; }
}

/// <summary>Convolution, bias, ReLU and maximum pooling as one: only the pooled map, and while training the winners, reach memory.</summary>
public sealed record ConvForwardGroup(string Name, int Call, ConvGeometry Geometry, bool Relu, int X, int Weights, int? Bias, int Y, int? Arg) : KernelGroup(Name, Call)
{
    public override bool PerImage => !IsChunked;

    public override IEnumerable<int> Reads => [X];

    public override IEnumerable<int> Writes => Arg is { } arg ? [Y, arg] : [Y];

    /// <summary>Dropout that the kernel does to what it stores; the CPU has it as a group of its own.</summary>
    public DropoutGroup? Drop { get; init; }

    /// <summary>How the convolution is computed.</summary>
    public WinogradPlan Winograd => WinogradPlan.Of(Geometry);

    /// <summary>Whether the kernel takes a chunk of images at once.</summary>
    public bool IsChunked => Winograd.IsChunked(Geometry);

    /// <summary>Floats of the scratch: the input with its border where windows reach beyond it, then the transformed strips; none where neither is used.</summary>
    public int ScratchFloats => ConvBorder.Forward(Geometry).Floats(Geometry)
        + (IsChunked ? Winograd.Form.Matrices * Winograd.ChunkRoom(Geometry) * (Geometry.CStored + Geometry.KStored) : Winograd.ScratchFloats(Geometry));
}

/// <summary>A pooling that follows no convolution. H, W, P, Q of the geometry are input and covered rows and columns; C = K.</summary>
public sealed record PoolForwardGroup(string Name, int Call, ConvGeometry Geometry, int X, int Y, int? Arg) : KernelGroup(Name, Call)
{
    public override bool PerImage => true;

    public override IEnumerable<int> Reads => [X];

    public override IEnumerable<int> Writes => Arg is { } arg ? [Y, arg] : [Y];
}

/// <summary>y = relu(x w + b) for a chunk of images. <paramref name="In"/> counts stored features.</summary>
public sealed record DenseForwardGroup(string Name, int Call, int In, int Units, bool Relu, int X, int Weights, int? Bias, int Y) : KernelGroup(Name, Call)
{
    /// <summary>Dropout that the kernel does to what it stores; the CPU has it as a group of its own.</summary>
    public DropoutGroup? Drop { get; init; }

    public override IEnumerable<int> Reads => [X];

    public override IEnumerable<int> Writes => [Y];
}

/// <summary>dx = dy w^T, masked by the ReLU that made x where there was one. <paramref name="In"/> counts stored features.</summary>
public sealed record DenseDgradGroup(string Name, int Call, int In, int Units, int Dy, int Weights, int? ReluOutput, int Dx) : KernelGroup(Name, Call)
{
    /// <summary>Factor of what the mask leaves: other than 1 where dropout followed the ReLU, and x is what that left.</summary>
    public double Scale { get; init; } = 1;

    public override IEnumerable<int> Reads => ReluOutput is { } y ? [Dy, y] : [Dy];

    public override IEnumerable<int> Writes => [Dx];
}

/// <summary>Undoes pooling and ReLU, sums the bias and filter gradients of the image into the task's partial, and yields the input's gradient if wanted.</summary>
/// <param name="Name">The layer's name.</param>
/// <param name="Call">The layer call.</param>
/// <param name="Geometry">Extents.</param>
/// <param name="Relu">Whether the gradient is masked by y > 0.</param>
/// <param name="X">The convolution's input.</param>
/// <param name="Weights">The filter.</param>
/// <param name="Bias">The bias.</param>
/// <param name="Y">The group's forward output, after ReLU and pooling.</param>
/// <param name="Arg">Winners of the pooling.</param>
/// <param name="Dy">Gradient of Y.</param>
/// <param name="Dx">Gradient of X, or null.</param>
public sealed record ConvBackwardGroup(string Name, int Call, ConvGeometry Geometry, bool Relu, int X, int Weights, int? Bias, int Y, int? Arg, int Dy, int? Dx) : KernelGroup(Name, Call)
{
    public override bool PerImage => !IsChunked;

    public override IEnumerable<int> Reads
    {
        get
        {
            yield return X;
            yield return Dy;
            if (Relu) yield return Y;
            if (Arg is { } arg) yield return arg;
        }
    }

    public override IEnumerable<int> Writes => Dx is { } dx ? [dx] : [];

    /// <summary>Factor of what the mask leaves: other than 1 where dropout followed the ReLU, and Y is what that left.</summary>
    public double Scale { get; init; } = 1;

    /// <summary>Whether another call has the same filter, so that both must leave its gradient in one form: as the filter lies.</summary>
    public bool IsShared { get; init; }

    /// <summary>How the group goes about it; the same for every vector width, because memory is planned once.</summary>
    public ConvBackwardMethod Method => !Geometry.Pooled || IsShared || Geometry.CStored % Panels.Line != 0 || !SparseLists.Fits(Geometry)
        ? Dx is null && (Geometry.Pooled || !SumsByWinograd) ? ConvBackwardMethod.Banded : ConvBackwardMethod.Bordered
        : ConvBackwardMethod.Sparse;

    /// <summary>Whether the scratch has a border of zeros that outlives the kernel: it then writes the inside only. Other borders are made anew each time.</summary>
    public bool KeepsBorder => Method == ConvBackwardMethod.Bordered && !Geometry.IsPadded && !Geometry.IsStrided && !IsChunked;

    /// <summary>Floats of the gradient's form in the scratch: one band of rows of the unpooled gradient or in its place the input's planes, the whole gradient with a zero border, or the lists of its live elements.</summary>
    public int GradientFloats => Method switch
    {
        ConvBackwardMethod.Banded => Math.Max(Geometry.PoolHeight * Geometry.Q * Geometry.KStored, PatchPlan.PlaneFloats(ConvBorder.Backward(this).Inside(Geometry))),
        ConvBackwardMethod.Bordered => DgradPlan.Of(Geometry).Floats(Geometry),
        _ => SparseLists.Of(Geometry).Floats,
    };

    /// <summary>How the data gradient is computed, by the method that makes a convolution of it.</summary>
    public WinogradPlan DgradWinograd => Method == ConvBackwardMethod.Bordered && Dx is not null ? WinogradPlan.OfDgrad(Geometry) : default;

    /// <summary>How the filter gradient is computed, where its sums need not have the form of another call's.</summary>
    public WinogradPlan WgradWinograd => Method == ConvBackwardMethod.Bordered && SumsByWinograd ? WinogradPlan.OfWgrad(Geometry) : default;

    private bool SumsByWinograd => !IsShared && WinogradPlan.OfWgrad(Geometry).IsUsed;

    /// <summary>In which form the tasks sum the filter's gradient.</summary>
    public ConvPartial Partial => Method switch
    {
        ConvBackwardMethod.Sparse => ConvPartial.ByChannel,
        ConvBackwardMethod.Bordered when WgradWinograd.IsUsed => ConvPartial.Winograd,
        _ => ConvPartial.Filter,
    };

    /// <summary>Whether the kernel takes a chunk of images at once.</summary>
    public bool IsChunked => WgradWinograd.IsUsed && (Dx is null || DgradWinograd.IsUsed) && WinogradPlan.Of(Geometry).IsChunked(Geometry);

    /// <summary>Floats of the scratch: the input with its border, the gradient, then the input's gradient with its border or what is transformed.</summary>
    public int ScratchFloats
    {
        get
        {
            int border = ConvBorder.Backward(this).Floats(Geometry);
            return border + Panels.Pad(GradientFloats) + (Method == ConvBackwardMethod.Sparse && Dx is not null ? border : 0) + TransformFloats;
        }
    }

    private int TransformFloats => IsChunked
        ? ChunkGradientScratch.Of(this).Floats
        : Math.Max(DgradWinograd.ScratchFloats(WinogradPlan.Dgrad(Geometry)), WgradWinograd.IsUsed ? WgradWinograd.WgradScratchFloats(Geometry) : 0);
}

/// <summary>Places, in floats, of what the backward pass of a chunk transforms.</summary>
/// <param name="Z">The output's gradient for the filter gradient; the input stands before it. When both are used up, the products of the data gradient take their place.</param>
/// <param name="V">The output's gradient for the data gradient.</param>
/// <param name="Floats">Floats in all.</param>
public readonly record struct ChunkGradientScratch(int Z, int V, int Floats)
{
    public static ChunkGradientScratch Of(ConvBackwardGroup group)
    {
        ConvGeometry g = group.Geometry;
        WinogradPlan wgrad = group.WgradWinograd, dgrad = group.DgradWinograd;
        int room = wgrad.Form.Matrices * wgrad.ChunkRoom(g), dgradRoom = dgrad.IsUsed ? dgrad.Form.Matrices * dgrad.ChunkRoom(WinogradPlan.Dgrad(g)) : 0;
        int v = Math.Max(room * (g.CStored + g.KStored), dgradRoom * g.CStored);
        return new(room * g.CStored, v, v + (dgradRoom * g.KStored));
    }
}

/// <summary>Form of a convolution's partial gradients.</summary>
public enum ConvPartial
{
    /// <summary>As the filter lies.</summary>
    Filter,

    /// <summary>[K][R][S][C], as the sparse method leaves them.</summary>
    ByChannel,

    /// <summary>Winograd's products, [matrix][K / panel][C][panel], to be transformed once they are summed.</summary>
    Winograd,
}

/// <summary>How the backward pass of a convolution treats the gradient of its output.</summary>
public enum ConvBackwardMethod
{
    /// <summary>No data gradient is wanted, and the filter's not by Winograd: unpooled one band of rows at a time, in the first-level cache.</summary>
    Banded,

    /// <summary>Unpooled as a whole, with a zero border, over which the data gradient is a convolution.</summary>
    Bordered,

    /// <summary>Never unpooled: only the winner of a window has a gradient, so the live elements are listed and the lists are walked.</summary>
    Sparse,
}

/// <summary>Places, in floats, of the parts of the sparse method's scratch.</summary>
/// <param name="Masked">Gradient of the pooled map after the ReLU, f32[cells, K].</param>
/// <param name="Streams">Per window position, the live gradients of all cells: f32[window][Stream], then i32[window][Stream] with where their weights lie.</param>
/// <param name="Counts">i32[cells][window], live elements of a cell at a position.</param>
/// <param name="Row">One channel's live gradients and where their input patches lie: f32[RowLength], i32[RowLength].</param>
/// <param name="Stream">Length of a stream.</param>
/// <param name="RowLength">Length of a row.</param>
/// <param name="Floats">Floats in all.</param>
public readonly record struct SparseLists(int Masked, int Streams, int Counts, int Row, int Stream, int RowLength, int Floats)
{
    /// <summary>Lists are written a vector at a time, so each has room for one more.</summary>
    private const int Slack = Panels.Line;

    /// <summary>Multiply-adds of one emitted method; the JIT stops optimizing not far above.</summary>
    private const int MostMultiplyAdds = 800;

    /// <summary>Whether all taps under all positions of a window, which the data gradient has as text, are not too many.</summary>
    public static bool Fits(ConvGeometry g) => g.PoolHeight * g.PoolWidth * g.R * g.S <= MostMultiplyAdds;

    public static SparseLists Of(ConvGeometry g)
    {
        int cells = g.OutRows * g.OutColumns, window = g.PoolHeight * g.PoolWidth;
        int masked = cells * g.KStored, stream = masked + Slack, rowLength = Panels.Pad(cells) + Slack, counts = Panels.Pad(cells * window);
        return new(0, masked, masked + (2 * window * stream), masked + (2 * window * stream) + counts, stream, rowLength, masked + (2 * window * stream) + counts + (2 * rowLength));
    }
}

/// <summary>dx = dy at each window's winner, else 0.</summary>
public sealed record PoolBackwardGroup(string Name, int Call, ConvGeometry Geometry, int Dy, int Arg, int Dx) : KernelGroup(Name, Call)
{
    public override bool PerImage => true;

    public override IEnumerable<int> Reads => [Dy, Arg];

    public override IEnumerable<int> Writes => [Dx];
}

/// <summary>One call of a dense layer: its input, and the gradient of its result.</summary>
public sealed record DenseUse(int X, int Dy);

/// <summary>dw = x^T dy over the whole batch, summed over the layer's calls in their order, the optimizer in its epilogue, and the bias beside it.</summary>
public sealed record DenseUpdateGroup(string Name, int Call, int In, int Units, EquatableArray<DenseUse> Uses, int Weights, int? Bias) : KernelGroup(Name, Call)
{
    public override bool OverParameters => true;

    public override IEnumerable<int> Reads => Uses.SelectMany(static u => new[] { u.X, u.Dy });

    public override IEnumerable<int> Writes => [];
}

/// <summary>Adds the tasks' partials in order and takes the optimizer step.</summary>
public sealed record ConvUpdateGroup(string Name, int Call, ConvGeometry Geometry, int Weights, int? Bias) : KernelGroup(Name, Call)
{
    public override bool OverParameters => true;

    public override IEnumerable<int> Reads => [];

    public override IEnumerable<int> Writes => [];
}
