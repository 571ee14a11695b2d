using Convoke.Kernels.Scheduling;

namespace Convoke.Kernels.Cuda.TensorCores;

/// <summary>How one block makes all gradients of a convolution for an image at a time: what a warp has of the filter's, and what of the input's.</summary>
/// <remarks>
/// Both products read one unpooled gradient map, which is the larger part of what the separate kernels stage; the filter's sums stay in registers over all images of the block.
/// A block has a multiprocessor to itself, so it shall be large: a map that does not fit, or a filter with more sums than registers, stays with the separate kernels.
/// </remarks>
/// <param name="RowTiles">16-channel tiles of the output that a warp has of the filter's gradient.</param>
/// <param name="Pairs">Pairs of 8-column tiles, 16 input channels under a tap, that it has of it.</param>
/// <param name="Warps">Warps of a block.</param>
/// <param name="Down">16-pixel tiles that a warp has of the input's gradient.</param>
/// <param name="Across">8-channel tiles that it has of it.</param>
/// <param name="Shares">Warps that share the reduction of one tile of the input's gradient.</param>
public sealed record ConvTensorBackwardTile(int RowTiles, int Pairs, int Warps, int Down, int Across, int Shares)
{
    /// <summary>Most slices of the images: a block for each multiprocessor of a large device, whatever the device is.</summary>
    public const int Slices = 132;

    private const int MinWarps = 8, MaxWarps = 16, MaxSums = 64, MaxGradientSums = 32;

    /// <summary>Clocks that a scheduler needs for a multiplication of m16n8k16: 630 TFLOP/s, measured on an H100, are 62 % of the eight that the unit could do it in.</summary>
    private const int MultiplyClocks = 13;

    public int Threads => 32 * Warps;

    /// <summary>Words from one staged pixel to the next: rows of neighbours start in other banks.</summary>
    public static int Pitch(int channels) => (channels / 2) + 4;

    /// <summary>Rows that carry a gradient, and columns.</summary>
    public static int P(ConvGeometry g) => g.OutRows * g.PoolHeight;

    public static int Q(ConvGeometry g) => g.OutColumns * g.PoolWidth;

    /// <summary>Rows of zeros above the gradient map, and columns before it.</summary>
    public static int Above(ConvGeometry g) => g.R - 1 - g.Top;

    public static int Before(ConvGeometry g) => g.S - 1 - g.Left;

    /// <summary>Pixels from one staged row of the gradient to the next: zeros behind a row are those before the next one.</summary>
    public static int Columns(ConvGeometry g) => Q(g) + Math.Max(Before(g), Math.Max(0, g.W + g.Left - Q(g)));

    /// <summary>Staged pixels of the gradient.</summary>
    public static int Pixels(ConvGeometry g) => Math.Max(((g.H + g.R - 2) * Columns(g)) + g.W + g.S - 1, ((P(g) - 1 + Above(g)) * Columns(g)) + Before(g) + Q(g));

    /// <summary>Steps of the filter gradient's reduction, over places.</summary>
    public static int Steps(ConvGeometry g) => ((P(g) * Q(g)) + 15) / 16;

    /// <summary>Words of the gradient map, one pixel of zeros behind it; the input's gradient takes its place.</summary>
    public static int GradientWords(ConvGeometry g) => Math.Max((Pixels(g) + 1) * Pitch(g.KStored), g.H * g.W * GradientPitch(g));

    /// <summary>Floats from one pixel of the input's gradient to the next.</summary>
    public static int GradientPitch(ConvGeometry g) => g.CStored + 8;

    public static int InputWords(ConvGeometry g) => (P(g) + g.R - 1) * (Q(g) + g.S - 1) * Pitch(g.CStored);

    public static int FilterWords(ConvGeometry g) => g.CStored * g.R * g.S * g.KStored / 2;

    public static int SharedBytes(ConvGeometry g) => 4 * (GradientWords(g) + InputWords(g) + FilterWords(g));

    /// <summary>Warps that have a part of the filter's gradient, and of the input's.</summary>
    public int FilterUnits(ConvGeometry g) => g.KStored / 16 / RowTiles * (g.R * g.S * (g.CStored / 16) / Pairs);

    public int InputUnits(ConvGeometry g) => DownGroups(g) * (g.CStored / 8 / Across) * Shares;

    /// <summary>Groups of 16-pixel tiles.</summary>
    public int DownGroups(ConvGeometry g) => (((g.H * g.W) + 15) / 16 + Down - 1) / Down;

    /// <summary>The cheapest cut; null where there is none, whatever shared memory it takes.</summary>
    public static ConvTensorBackwardTile? Choose(ConvGeometry g)
    {
        if (g.IsStrided || g.CStored % 16 != 0 || g.KStored % 16 != 0 || Above(g) < 0 || Before(g) < 0) return null;
        ConvTensorBackwardTile? best = null;
        double least = double.MaxValue;
        int pairs = g.R * g.S * (g.CStored / 16);
        foreach (int rowTiles in new[] { 4, 2, 1 }.Where(r => g.KStored / 16 % r == 0))
        {
            foreach (int of in Enumerable.Range(1, MaxSums / (8 * rowTiles)).Where(p => pairs % p == 0))
            {
                int units = g.KStored / 16 / rowTiles * (pairs / of), warps = Math.Max(MinWarps, (units + 3) / 4 * 4);
                if (warps > MaxWarps || 32 * warps % (g.KStored / 4) != 0) continue;
                foreach (int down in new[] { 1, 2, 3, 4, 5 })
                {
                    foreach (int across in new[] { 2, 4 }.Where(a => g.CStored / 8 % a == 0 && 4 * a * down <= MaxGradientSums))
                    {
                        foreach (int shares in new[] { 1, 2, 4 }.Where(s => g.KStored / 16 % s == 0))
                        {
                            var tile = new ConvTensorBackwardTile(rowTiles, of, warps, down, across, shares);
                            if (tile.InputUnits(g) > warps) continue;
                            double clocks = tile.Clocks(g);
                            if (clocks < least) (best, least) = (tile, clocks);
                        }
                    }
                }
            }
        }

        return best;
    }

    /// <summary>Clocks of a multiprocessor for an image: by its tensor cores, which four schedulers feed, or by reads of shared memory.</summary>
    private double Clocks(ConvGeometry g)
    {
        int filter = FilterUnits(g), input = InputUnits(g), reduction = g.R * g.S * (g.KStored / 16) / Shares;
        double ofFilter = Steps(g) * Math.Max((filter + 3) / 4 * RowTiles * 2 * Pairs * MultiplyClocks, filter * 4 * (RowTiles + Pairs));
        double ofInput = reduction * Math.Max((input + 3) / 4 * Down * Across * MultiplyClocks, input * ((4 * Down) + (2 * Across)));
        return ofFilter + ofInput + ((Shares - 1) * (100 + (g.H * g.W * g.CStored / 16.0)));
    }
}
