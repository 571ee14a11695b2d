namespace Convoke.Kernels.Scheduling;

/// <summary>Extents of the copy of a convolution's input in which the zeros of the padding stand; zero where no window reaches beyond the input, and no copy is made.</summary>
/// <remarks>A copy costs a load and a store for each input element, of which a convolution makes R*S*K multiply-adds.</remarks>
public readonly record struct ConvBorder(int Rows, int Columns)
{
    /// <summary>What the forward pass reads.</summary>
    public static ConvBorder Forward(ConvGeometry g) => Of(g, WinogradPlan.Of(g));

    /// <summary>What the filter gradient reads.</summary>
    public static ConvBorder Backward(ConvBackwardGroup group) => Of(group.Geometry, group.WgradWinograd);

    public bool IsUsed => Rows > 0;

    /// <summary>Floats of the copy.</summary>
    public int Floats(ConvGeometry g) => Panels.Pad(Rows * Columns * g.CStored);

    /// <summary>The convolution as it is over the copy: without padding.</summary>
    public ConvGeometry Inside(ConvGeometry g) => IsUsed ? g with { H = Rows, W = Columns, Top = 0, Left = 0 } : g;

    /// <summary>Winograd's tiles are whole: behind an extent that they do not divide they read rows or columns more, which yield nothing.</summary>
    private static ConvBorder Of(ConvGeometry g, WinogradPlan winograd)
    {
        int rows = winograd.IsUsed ? winograd.Form.Read(g.P) : g.CoveredRows, columns = winograd.IsUsed ? winograd.Form.Read(g.Q) : g.CoveredColumns;
        return g.IsPadded || rows > g.H || columns > g.W ? new(rows, columns) : default;
    }
}
