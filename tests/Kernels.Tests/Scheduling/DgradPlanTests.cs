using Convoke.Kernels.Scheduling;

namespace Convoke.Kernels.Tests.Scheduling;

public class DgradPlanTests
{
    private const int Cases = 2000;

    /// <summary>By definition window p has tap r over input row p * stride - Top + r; the phases must pair the same rows, taps and windows, each once, inside their scratch.</summary>
    [Fact]
    public void Phases_pair_each_input_pixel_with_the_taps_and_windows_that_read_it()
    {
        for (int seed = 0; seed < Cases; seed++)
        {
            ConvGeometry g = Geometry(seed);
            DgradPlan plan = DgradPlan.Of(g);
            var expected = new HashSet<(int, int, int)>();
            for (int p = 0; p < g.P; p++)
                for (int r = 0; r < g.R; r++)
                    if ((p * g.StrideHeight) - g.Top + r is var h && h >= 0 && h < g.H) expected.Add((h, r, p));
            var found = new HashSet<(int, int, int)>();
            var rows = new HashSet<int>();
            foreach (PhaseAxis axis in plan.Phases.Select(static x => x.Row).Distinct())
            {
                for (int i = 0; i < axis.Count; i++)
                {
                    int h = axis.First + (i * g.StrideHeight);
                    Assert.True(h < g.H && rows.Add(h), $"seed {seed}: row {h} of {g.H} is outside, or in two phases");
                    for (int j = 0; j < axis.Taps; j++)
                    {
                        int p = axis.From + i + j;
                        Assert.InRange(plan.Top + p, 0, plan.Rows - 1);
                        if (p >= 0 && p < g.P) Assert.True(found.Add((h, axis.FirstTap + (g.StrideHeight * (axis.Taps - 1 - j)), p)));
                    }
                }
            }

            Assert.Equal(g.H, rows.Count);
            Assert.True(expected.SetEquals(found), $"seed {seed}: {g}");
        }
    }

    /// <summary>The copy of the filter for the data gradient holds every tap, each in a place of its own.</summary>
    [Fact]
    public void Taps_by_phases_fill_the_copy_of_the_filter()
    {
        for (int seed = 0; seed < Cases; seed++)
        {
            ConvGeometry g = Geometry(seed);
            int slice = g.KStored * Panels.Pad(g.CStored);
            int[] places = [.. Enumerable.Range(0, g.R * g.S).Select(tap => PhasedTap.Of(g, tap)).Select(t => (t.Phase / slice) + t.Place)];
            Assert.Equal(Enumerable.Range(0, g.R * g.S), places.Order());
        }
    }

    private static ConvGeometry Geometry(int seed)
    {
        var random = new Random(seed);
        int r = random.Next(1, 8), s = random.Next(1, 8), p = random.Next(1, 10), q = random.Next(1, 10);
        return new(random.Next(1, 20), random.Next(1, 20), 16, 16, r, s, p, q, 16, 1, 1) { StrideHeight = random.Next(1, 4), StrideWidth = random.Next(1, 4), Top = random.Next(5), Left = random.Next(5) };
    }
}
