using System.Globalization;
using System.Text;
using Convoke.Benchmarks.Contenders;
using Convoke.Benchmarks.Programs;
using Convoke.Benchmarks.Reports;
using Convoke.Benchmarks.Timing;

namespace Convoke.Benchmarks.Commands;

/// <summary>Single layers against TorchSharp, forward alone and with backward. Each shape alternates its contenders; shapes follow one another.</summary>
internal static class LayerSweep
{
    private static readonly int[] ThreadCounts = [1, 2];

    private const string Forward = "forward", Weights = "forward and filter gradient", Both = "forward and both gradients, inside";

    /// <summary>Checks and times every shape.</summary>
    /// <param name="rounds">Timed rounds.</param>
    /// <param name="blockMs">Duration of one timed block, milliseconds.</param>
    /// <param name="only">Only shapes whose name has this text; null for all.</param>
    /// <param name="agreements">Filled with what the checks found.</param>
    public static Tables Run(int rounds, double blockMs, string? only, List<string> agreements)
    {
        var times = new Dictionary<Lane, Samples>();
        foreach (LayerProgram layer in LayerPrograms.All.Where(layer => only is null || layer.Outer.Name.Contains(only, StringComparison.Ordinal)))
        {
            foreach (int threads in ThreadCounts)
            {
                Compare(layer.Outer, threads, outer => [.. outer.Predict(Row(layer.Outer, Forward, threads)), .. outer.Gradients(Row(layer.Outer, Weights, threads))]);
                if (layer.Inner is { } program) Compare(program, threads, inner => [.. inner.Gradients(Row(program, Both, threads))]);
            }
        }
        return new Tables(times);

        void Compare(ProgramSpec program, int threads, Func<Lineup, Lane[]> lanes)
        {
            try
            {
                using var lineup = new Lineup(program, threads, onnx: false, gradients: true, steps: false);
                agreements.Add(lineup.Agreement);
                Time(lanes(lineup));
            }
            catch (DifferentFunctionException exception)
            {
                // One shape that cannot be compared shall not cost the table of all others; the report says which it is, and why.
                agreements.Add($"NOT COMPARED, {threads} {(threads == 1 ? "thread" : "threads")}: {exception.Message}");
                Console.Error.WriteLine(agreements[^1]);
            }
        }

        void Time(Lane[] lanes)
        {
            var own = Race.Run(lanes, rounds, blockMs);
            foreach ((Lane lane, Samples samples) in own) times.Add(lane, samples);
            Console.Write(new Tables(own).RatiosOnly(width: 72));
        }
    }

    /// <summary>The section of the report.</summary>
    public static string Markdown(Tables tables)
    {
        var text = new StringBuilder("### Single layers\n\nEach before a dense layer of 2 classes, convolutions before their image's mean; batch 128, for large ones 16 to 64. A layer that sees the image makes no gradient of it; \"inside\" it stands behind a 1x1 convolution of an image of one channel and makes both.\n\n");
        text.Append(tables.Markdown(tables.Rows)).Append('\n').Append(tables.Losses(tables.Rows)).Append('\n').Append(Means(tables));
        return text.ToString();
    }

    private static string Means(Tables tables)
    {
        var text = new StringBuilder();
        foreach (int threads in ThreadCounts)
        {
            foreach (string mode in new[] { Forward, Weights, Both })
            {
                string[] rows = [.. tables.Rows.Where(row => row.EndsWith($", {mode}, {threads}T", StringComparison.Ordinal))];
                if (rows.Length == 0) continue;
                text.Append(CultureInfo.InvariantCulture, $"Geometric mean of {rows.Length}, {mode}, {threads}T: {tables.GeometricMean(rows, TorchContender.Plain):F2}x against plain, ");
                text.Append(CultureInfo.InvariantCulture, $"{tables.GeometricMean(rows, TorchContender.Plain, TorchContender.Tuned):F2}x against the faster of plain and tuned.\n\n");
            }
        }
        text.Append(CultureInfo.InvariantCulture, $"Geometric mean of all {tables.Rows.Count} rows that were compared: {tables.GeometricMean(tables.Rows, TorchContender.Plain):F2}x against plain, {tables.GeometricMean(tables.Rows, TorchContender.Plain, TorchContender.Tuned):F2}x against the faster of both.\n");
        return text.ToString();
    }

    private static string Row(ProgramSpec program, string mode, int threads) => $"{program.Name}, {mode}, {threads}T";
}
