using System.Diagnostics;

namespace Convoke.Benchmarks.Timing;

/// <summary>
/// Times lanes alternately in one process: a round runs every lane once, those of one row next to each other and in an order that turns
/// with the round, so that drift of the machine and the neighbour before do not favour one.
/// </summary>
internal static class Race
{
    private const int WarmUpShare = 8;
    private const int MinSteps = 1;
    private const int MaxSteps = 20000;
    private const int RecompileMs = 500;

    /// <summary>Milliseconds per step of each lane.</summary>
    /// <param name="lanes">All rows' lanes.</param>
    /// <param name="rounds">Timed rounds, after a warm-up that finds how many steps fill a block.</param>
    /// <param name="blockMs">Duration of one timed block, milliseconds.</param>
    /// <param name="progress">Told each finished round.</param>
    public static Dictionary<Lane, Samples> Run(IReadOnlyList<Lane> lanes, int rounds, double blockMs, Action<int>? progress = null)
    {
        // The JIT recompiles hot methods in the background a tenth of a second after things calm down: warm up, wait, and only then measure the pace.
        foreach (Lane lane in lanes) StepsPerBlock(lane, blockMs);
        Thread.Sleep(RecompileMs);
        Dictionary<Lane, int> steps = lanes.ToDictionary(static lane => lane, lane => StepsPerBlock(lane, blockMs));
        Dictionary<Lane, List<double>> times = lanes.ToDictionary(static lane => lane, static _ => new List<double>());
        Lane[][] rows = [.. lanes.GroupBy(static lane => lane.Row).Select(static row => row.ToArray())];
        progress?.Invoke(0);
        for (int round = 0; round < rounds; round++)
        {
            foreach (Lane[] row in rows)
            {
                for (int i = 0; i < row.Length; i++)
                {
                    Lane lane = row[(i + round) % row.Length];
                    lane.Prepare();
                    lane.Run(Math.Max(1, steps[lane] / WarmUpShare));
                    times[lane].Add(Milliseconds(lane, steps[lane]) / steps[lane]);
                }
            }
            progress?.Invoke(round + 1);
        }
        return times.ToDictionary(static pair => pair.Key, static pair => new Samples(pair.Value));
    }

    /// <summary>Runs a lane until its pace is known.</summary>
    private static int StepsPerBlock(Lane lane, double blockMs)
    {
        lane.Prepare();
        int count = 1;
        double elapsed = Milliseconds(lane, count);
        while (elapsed < blockMs / 2 && count < MaxSteps)
        {
            count *= 2;
            elapsed = Milliseconds(lane, count);
        }
        return Math.Clamp((int)(count * blockMs / elapsed), MinSteps, MaxSteps);
    }

    private static double Milliseconds(Lane lane, int count)
    {
        long start = Stopwatch.GetTimestamp();
        lane.Run(count);
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }
}
