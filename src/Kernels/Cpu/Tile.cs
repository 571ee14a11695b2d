namespace Convoke.Kernels.Cpu;

/// <summary>A register tile: accumulators of <paramref name="Rows"/> broadcast operands by <paramref name="Vectors"/> vectors.</summary>
public readonly record struct Tile(int Rows, int Vectors)
{
    public int Accumulators => Rows * Vectors;

    /// <summary>Registers that one step of the reduction holds: accumulators, loaded vectors, one broadcast.</summary>
    public int Registers => Accumulators + Vectors + 1;
}

/// <summary>Chooses tiles by a small model of a core: two multiply-adds and two loads a cycle, and a latency that about ten accumulators hide.</summary>
/// <remarks>The model's constants are measured with the JIT of .NET 10: 8 accumulators reach 0.7 of the peak, 12 reach 0.97, 16 to 28 all of it.</remarks>
public static class TileChooser
{
    private const double HiddenAccumulators = 11;

    /// <summary>Cycles of one reduction step of a tile.</summary>
    public static double Cycles(Tile tile) => Math.Max(Math.Max(tile.Accumulators, HiddenAccumulators), tile.Rows + tile.Vectors) / 2.0;

    /// <summary>Tile for <paramref name="count"/> units in a row, each of <paramref name="unitRows"/> broadcast rows (a pooling window, a pixel, a filter row).</summary>
    /// <param name="target">The vector width.</param>
    /// <param name="count">Units in a row; the last tile of the row may be smaller.</param>
    /// <param name="unitRows">Rows of one unit, never split over tiles.</param>
    /// <param name="panel">Width of a weight panel in floats.</param>
    /// <returns>Units a tile, and the tile; zero units where not even one fits the registers.</returns>
    public static (int Units, Tile Tile) Choose(VectorTarget target, int count, int unitRows, int panel)
    {
        (int Units, Tile Tile) best = (0, default);
        double bestCost = double.MaxValue;
        for (int vectors = panel / target.Lanes; vectors >= 1; vectors--)
        {
            if (panel / target.Lanes % vectors != 0) continue;
            for (int units = 1; units <= count; units++)
            {
                var tile = new Tile(units * unitRows, vectors);
                if (tile.Registers > target.Registers) break;
                int rest = count % units;
                double cost = ((count / units * Cycles(tile)) + (rest == 0 ? 0 : Cycles(new(rest * unitRows, vectors)))) / vectors;
                if (cost <= bestCost) (best, bestCost) = ((units, tile), cost);
            }
        }

        return best;
    }
}
