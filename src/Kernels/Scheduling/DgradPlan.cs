using Convoke.Kernels.Types;

namespace Convoke.Kernels.Scheduling;

/// <summary>The gradient of a convolution's input as convolutions of the output's gradient with flipped parts of the filter.</summary>
/// <remarks>
/// Of a stride t, input row h meets only the filter rows r for which (h + Top - r) is a multiple of t. So input rows fall into t phases, each of which is a
/// convolution of its own with the filter rows f, f + t, ... of that phase, in steps of one row of the output's gradient; columns likewise. Nothing is
/// multiplied with zeros between the gradient's elements; zeros stand only in the border that windows at the edge need.
/// </remarks>
/// <param name="Top">Rows of zeros above the gradient in its scratch.</param>
/// <param name="Left">Columns of zeros before it.</param>
/// <param name="Rows">Rows of the scratch.</param>
/// <param name="Columns">Columns of the scratch.</param>
/// <param name="Phases">One for a stride of 1.</param>
public sealed record DgradPlan(int Top, int Left, int Rows, int Columns, EquatableArray<DgradPhase> Phases)
{
    public static DgradPlan Of(ConvGeometry g)
    {
        PhaseAxis[] rows = Axis(g.H, g.R, g.StrideHeight, g.Top), columns = Axis(g.W, g.S, g.StrideWidth, g.Left);
        // Tiles of Winograd are whole, also where they stand over the edge.
        WinogradPlan winograd = WinogradPlan.OfDgrad(g), wgrad = WinogradPlan.OfWgrad(g);
        (int top, int height) = Border(rows, wgrad.IsUsed ? wgrad.Form.Covered(g.P) : g.P, winograd);
        (int left, int width) = Border(columns, wgrad.IsUsed ? wgrad.Form.Covered(g.Q) : g.Q, winograd);
        var phases = new List<DgradPhase>();
        foreach (PhaseAxis row in rows)
        {
            foreach (PhaseAxis column in columns)
            {
                if (row.Count > 0 && column.Count > 0) phases.Add(new(row, column, Weights(g, row.FirstTap, column.FirstTap)));
            }
        }

        return new(top, left, height, width, new([.. phases]));
    }

    /// <summary>Whether some input pixel meets no tap of the filter, so that its gradient is zero.</summary>
    public bool HasGaps => Phases.Any(static p => p.IsEmpty);

    /// <summary>Floats of the scratch.</summary>
    public int Floats(ConvGeometry g) => Rows * Columns * g.KStored;

    /// <summary>A phase as a convolution over the scratch, whose input channels are the output channels of <paramref name="g"/>.</summary>
    public ConvGeometry Convolution(ConvGeometry g, DgradPhase phase) =>
        new(Rows, Columns, g.K, g.KStored, phase.Row.Taps, phase.Column.Taps, phase.Row.Count, phase.Column.Count, g.C, 1, 1);

    /// <summary>Taps of a phase, along one axis.</summary>
    public static int Taps(int taps, int phase, int stride) => (taps - phase + stride - 1) / stride;

    /// <summary>Floats of the filters of the phases before (<paramref name="row"/>, <paramref name="column"/>), in row-major order.</summary>
    public static int Weights(ConvGeometry g, int row, int column)
    {
        int taps = Taps(g.R, row, g.StrideHeight) * Enumerable.Range(0, column).Sum(s => Taps(g.S, s, g.StrideWidth));
        return ((Enumerable.Range(0, row).Sum(r => Taps(g.R, r, g.StrideHeight)) * g.S) + taps) * g.KStored * Panels.Pad(g.CStored);
    }

    private static PhaseAxis[] Axis(int extent, int taps, int stride, int before)
    {
        var phases = new PhaseAxis[stride];
        for (int phase = 0; phase < stride; phase++)
        {
            // The first pixel of the phase stands at the tap 'phase' of window 'window', or would.
            int first = (((phase - before) % stride) + stride) % stride, window = (first + before - phase) / stride, own = Taps(taps, phase, stride);
            phases[phase] = new(phase, own, first, (extent - first + stride - 1) / stride, window - own + 1);
        }

        return phases;
    }

    private static (int Before, int Extent) Border(PhaseAxis[] phases, int windows, WinogradPlan winograd)
    {
        int before = 0, end = windows;
        foreach (PhaseAxis phase in phases.Where(static p => p is { Taps: > 0, Count: > 0 }))
        {
            before = Math.Max(before, -phase.From);
            end = Math.Max(end, phase.From + (winograd.IsUsed ? winograd.Form.Read(phase.Count) : phase.Count + phase.Taps - 1));
        }

        return (before, before + end);
    }
}

/// <summary>Rows, or columns, of one phase.</summary>
/// <param name="FirstTap">Its first tap; the others follow in steps of the stride.</param>
/// <param name="Taps">Taps of the filter; none where the stride exceeds the filter.</param>
/// <param name="First">Its first pixel of the input; the others follow in steps of the stride.</param>
/// <param name="Count">Pixels.</param>
/// <param name="From">First row or column of the output's gradient that its first pixel meets; it may lie before the gradient.</param>
public readonly record struct PhaseAxis(int FirstTap, int Taps, int First, int Count, int From);

/// <summary>One phase.</summary>
/// <param name="Row">Its rows.</param>
/// <param name="Column">Its columns.</param>
/// <param name="Weights">Where its part of the filter lies in the copy for the data gradient, in floats.</param>
public readonly record struct DgradPhase(PhaseAxis Row, PhaseAxis Column, int Weights)
{
    public bool IsEmpty => Row.Taps * Column.Taps == 0;
}

/// <summary>Where a tap of the filter lies in the copy for the data gradient.</summary>
/// <param name="Phase">Floats before its phase.</param>
/// <param name="Taps">Taps of its phase.</param>
/// <param name="Place">Its place among them: they are flipped.</param>
public readonly record struct PhasedTap(int Phase, int Taps, int Place)
{
    public static PhasedTap Of(ConvGeometry g, int tap)
    {
        int r = tap / g.S, s = tap % g.S, phaseRow = r % g.StrideHeight, phaseColumn = s % g.StrideWidth;
        int rows = DgradPlan.Taps(g.R, phaseRow, g.StrideHeight), columns = DgradPlan.Taps(g.S, phaseColumn, g.StrideWidth);
        return new(DgradPlan.Weights(g, phaseRow, phaseColumn), rows * columns, ((rows - 1 - (r / g.StrideHeight)) * columns) + columns - 1 - (s / g.StrideWidth));
    }
}
