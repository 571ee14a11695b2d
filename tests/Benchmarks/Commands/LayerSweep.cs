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

    /// <summary>Checks and times every shape.</summary>
    public static Tables Run(int rounds, double blockMs, List<string> agreements)
    {
        var times = new Dictionary<Lane, Samples>();
        foreach (ProgramSpec program in LayerPrograms.All)
        {
            foreach (int threads in ThreadCounts)
            {
                using var lineup = new Lineup(program, threads, onnx: false, gradients: true, steps: false);
                agreements.Add(lineup.Agreement);
                Lane[] lanes = [.. lineup.Predict(Row(program, "forward", threads)), .. lineup.Gradients(Row(program, "forward and backward", threads))];
                foreach ((Lane lane, Samples samples) in Race.Run(lanes, rounds, blockMs)) times.Add(lane, samples);
                Console.WriteLine(lineup.Agreement);
            }
        }
        return new Tables(times);
    }

    /// <summary>The section of the report.</summary>
    public static string Markdown(Tables tables)
    {
        var text = new StringBuilder("### Single layers\n\nEach behind a flatten and a dense layer of 2 classes; batch 128, for large ones 32; backward makes no gradient of the image.\n\n");
        text.Append(tables.Markdown(tables.Rows)).Append('\n').Append(tables.Losses(tables.Rows)).Append('\n').Append(Means(tables));
        return text.ToString();
    }

    private static string Means(Tables tables)
    {
        var text = new StringBuilder();
        foreach (int threads in ThreadCounts)
        {
            foreach (string mode in new[] { "forward", "forward and backward" })
            {
                string[] rows = [.. LayerPrograms.All.Select(program => Row(program, mode, threads))];
                text.Append(CultureInfo.InvariantCulture, $"Geometric mean, {mode}, {threads}T: {tables.GeometricMean(rows, TorchContender.Plain):F2}x against plain, ");
                text.Append(CultureInfo.InvariantCulture, $"{tables.GeometricMean(rows, TorchContender.Plain, TorchContender.Tuned):F2}x against the faster of plain and tuned.\n\n");
            }
        }
        return text.ToString();
    }

    private static string Row(ProgramSpec program, string mode, int threads) => $"{program.Name}, {mode}, {threads}T";
}
