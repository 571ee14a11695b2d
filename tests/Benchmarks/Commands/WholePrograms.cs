using System.Globalization;
using System.Text;
using Convoke.Benchmarks.Contenders;
using Convoke.Benchmarks.Programs;
using Convoke.Benchmarks.Reports;
using Convoke.Benchmarks.Timing;

namespace Convoke.Benchmarks.Commands;

/// <summary>Whole training steps and predictions, and the latency of one prediction of B.</summary>
internal static class WholePrograms
{
    private const string LatencyRow = "B, batch 1, 1T";
    private static readonly int[] ThreadCounts = [1, 2];

    /// <summary>Checks, then times.</summary>
    /// <param name="programs">Which.</param>
    /// <param name="rounds">Timed rounds.</param>
    /// <param name="blockMs">Duration of one timed block, milliseconds.</param>
    /// <param name="agreements">Filled with what the checks found, before anything is timed.</param>
    /// <param name="onnx">Whether ONNX Runtime takes part.</param>
    public static Tables Run(IReadOnlyList<ProgramSpec> programs, int rounds, double blockMs, List<string> agreements, bool onnx = true)
    {
        var lineups = new List<Lineup>();
        var lanes = new List<Lane>();
        try
        {
            foreach (ProgramSpec program in programs)
            {
                Lineup[] perThreads = [.. ThreadCounts.Select(threads => Make(program, threads, trains: true))];
                foreach ((Lineup lineup, int threads) in perThreads.Zip(ThreadCounts)) lanes.AddRange(lineup.Train(Row(program, "train", threads)));
                foreach ((Lineup lineup, int threads) in perThreads.Zip(ThreadCounts)) lanes.AddRange(lineup.Predict(Row(program, "predict", threads)));
            }
            if (programs.Contains(WholeNetworks.B)) lanes.AddRange(Make(WholeNetworks.B with { Batch = 1 }, 1, trains: false).Predict(LatencyRow));
            foreach (string agreement in agreements) Console.WriteLine(agreement);
            return new Tables(Race.Run(lanes, rounds, blockMs, round => Console.WriteLine(round == 0 ? "warm-up done" : $"round {round} of {rounds}")));
        }
        finally
        {
            foreach (Lineup lineup in lineups) lineup.Dispose();
        }

        Lineup Make(ProgramSpec program, int threads, bool trains)
        {
            var lineup = new Lineup(program, threads, onnx, gradients: trains, steps: trains);
            lineups.Add(lineup);
            agreements.Add(lineup.Agreement);
            return lineup;
        }
    }

    /// <summary>The section of the report.</summary>
    public static string Markdown(Tables tables)
    {
        string[] steps = [.. tables.Rows.Where(static row => row != LatencyRow)];
        var text = new StringBuilder();
        text.Append($"### Whole steps, batch {WholeNetworks.Batch}\n\n").Append(tables.Markdown(steps)).Append('\n').Append(tables.Losses(steps)).Append('\n');
        text.Append(CultureInfo.InvariantCulture, $"Two threads against one, Convoke: {string.Join(", ", Scaling(tables))}.\n\n");
        if (tables.Rows.Contains(LatencyRow)) text.Append("### Latency of one prediction\n\n").Append(tables.Markdown([LatencyRow], scale: 1000)).Append('\n').Append(tables.Losses([LatencyRow]));
        return text.ToString();
    }

    private static IEnumerable<string> Scaling(Tables tables) =>
        from program in WholeNetworks.All
        where tables[Row(program, "train", 1), ConvokeContender.Title] is not null
        from mode in new[] { "train", "predict" }
        let one = tables[Row(program, mode, 1), ConvokeContender.Title]!
        let two = tables[Row(program, mode, 2), ConvokeContender.Title]!
        select string.Create(CultureInfo.InvariantCulture, $"{program.Name} {mode} {one.Median / two.Median:F2}x");

    private static string Row(ProgramSpec program, string mode, int threads) => $"{program.Name} {mode}, {threads}T";
}
