namespace Convoke.Kernels.Scheduling;

/// <summary>A form of Winograd's convolution, F(m x m, r x r): a tile of m x m outputs of a filter of r x r taps, in (m + r - 1)^2 products a pair of channels.</summary>
/// <remarks>
/// Toom-Cook: outputs are interpolated through m + r - 1 points, one of them at infinity. Four points 0, 1, -1 make transforms of additions and halves. Six points
/// 0, a, -a, b, -b round much like a direct sum with a = 5/8 and b = 3/2, which have few bits, so that squares and products of both are exact; the textbook's 1 and 2
/// round worse (a test tells by how much).
/// </remarks>
/// <param name="Output">Rows and columns of a tile of output.</param>
/// <param name="Filter">Rows and columns of the filter.</param>
public readonly record struct WinogradForm(int Output, int Filter)
{
    /// <summary>F(2x2, 3x3).</summary>
    public static WinogradForm Small { get; } = new(2, 3);

    /// <summary>F(4x4, 3x3): a quarter of the direct form's products, and a transformed filter more than twice as large as the small form's.</summary>
    public static WinogradForm Large { get; } = new(4, 3);

    /// <summary>F(2x2, 5x5).</summary>
    public static WinogradForm Wide { get; } = new(2, 5);

    /// <summary>The first pair of points of a patch of six.</summary>
    public const double A = 0.625;

    /// <summary>The second pair.</summary>
    public const double B = 1.5;

    /// <summary>Rows and columns of a tile's input.</summary>
    public int Patch => Output + Filter - 1;

    /// <summary>Rows and columns of 2x2 pooling windows that a tile is.</summary>
    public int Cells => Output / 2;

    /// <summary>Products of matrices, each over all tiles.</summary>
    public int Matrices => Patch * Patch;

    /// <summary>What a method's name ends in where two forms of one filter stand side by side.</summary>
    public string Suffix => this == Large ? "4x4" : "";

    /// <summary>Tiles that cover <paramref name="extent"/> rows or columns of output.</summary>
    public int Tiles(int extent) => (extent + Output - 1) / Output;

    /// <summary>Rows or columns of output that whole tiles yield.</summary>
    public int Covered(int extent) => Output * Tiles(extent);

    /// <summary>Rows or columns of input that these tiles read.</summary>
    public int Read(int extent) => Covered(extent) + Filter - 1;

    /// <summary>Tiles of an image.</summary>
    public int Tiles(ConvGeometry g) => Tiles(g.P) * Tiles(g.Q);

    /// <summary>Floats of the transformed filter.</summary>
    public int FilterFloats(ConvGeometry g) => Matrices * g.CStored * g.KStored;

    /// <summary>Operations that transform a tile of one input channel.</summary>
    public int InputOperations => Patch == 4 ? 32 : 24 * (Output + Patch);

    /// <summary>Operations that transform a tile of one output channel.</summary>
    public int OutputOperations => Patch == 4 ? 24 : (Output == 4 ? 16 : 10) * (Output + Patch);

    /// <summary>Operations that transform a tile of one channel of the output's gradient.</summary>
    public int GradientOperations => Patch == 4 ? 12 : (Output == 4 ? 14 : 6) * (Output + Patch);

    public override string ToString() => $"F({Output}x{Output},{Filter}x{Filter})";
}
