using System.Globalization;
using System.Text;
using Convoke.Benchmarks.Prediction;
using Convoke.Kernels.Models;
using KnownModels = Convoke.Kernels.Tests.Models;
using SpecPrecision = Convoke.Kernels.Models.Precision;

namespace Convoke.Benchmarks.Commands;

/// <summary>Predicted times of the CUDA kernels of A, B and C, without a GPU: what the emulator counts, on the figures of a device.</summary>
internal static class GpuPrediction
{
    private const double Micro = 1e6;

    private static readonly (string Name, ModelSpec Spec, int Images)[] s_programs = [("A", KnownModels.A, 60_000), ("B", KnownModels.B, 60_000), ("C", KnownModels.C, 50_000)];

    private static readonly SpecPrecision[] s_precisions = [SpecPrecision.Float32, SpecPrecision.Float32x3, SpecPrecision.TF32, SpecPrecision.BFloat16, SpecPrecision.Float16];

    private static readonly int[] s_batches = [128, 4096];

    private static readonly string[] s_head = ["kernel", "grid x block", "registers", "shared bytes", "blocks/SM", "instructions", "MMA", "LDSM", "shared passes (conflicts)", "L2 sectors", "L2 MB", "binds", "its pipe us", "predicted us"];

    /// <summary>Prints a table for each program, precision and batch size, as soon as it is there, and a summary last; false where no program has that name.</summary>
    public static bool Run(string? only)
    {
        (string Name, ModelSpec Spec, int Images, SpecPrecision Precision)[] cells =
        [
            .. s_programs.SelectMany(p => s_precisions.Select(precision => (p.Name, p.Spec, p.Images, precision))).Where(cell => only is null || $"{cell.Name} {cell.precision}".Contains(only, StringComparison.OrdinalIgnoreCase)),
        ];
        if (cells.Length == 0) return false;
        Console.WriteLine($"""
            Predicted, not measured: kernels of one training step, compiled by NVRTC {KernelCompiler.Default.Version} for {DeviceFigures.Architecture}, run on the PTX emulator and laid on {DeviceFigures.Multiprocessors}
            multiprocessors at {DeviceFigures.Clock / 1e9:F3} GHz (tests/Benchmarks/Prediction). Instructions are those of PTX, a warp's; L2 is what each block reads, once, and writes.
            "binds" is the pipe that is full, or "Latency" where warps wait and none is, or "Launch" where the launch costs more than its work.

            """);
        StringBuilder summary = new("| program | precision | batch | launches | predicted step us | predicted epoch ms |\n|---|---|---|---|---|---|\n");
        foreach ((string name, int images, SpecPrecision precision, PredictedStep[] steps) in cells.AsParallel().AsOrdered().WithMergeOptions(ParallelMergeOptions.NotBuffered)
            .Select(static cell => (cell.Name, cell.Images, cell.Precision, PredictedStep.Of(cell.Spec, cell.Precision, s_batches).ToArray())))
        {
            foreach (PredictedStep step in steps)
            {
                double epoch = step.Seconds * ((images + step.Batch - 1) / step.Batch);
                Console.WriteLine(Markdown($"{name}, {precision}, batch {step.Batch}", step, $"{step.Launches.Count} launches, a step {step.Seconds * Micro:F1} us, an epoch of {images:N0} images {epoch * 1e3:F1} ms."));
                summary.Append(CultureInfo.InvariantCulture, $"| {name} | {precision} | {step.Batch} | {step.Launches.Count} | {step.Seconds * Micro:F1} | {epoch * 1e3:F1} |\n");
            }
        }
        Console.Write(summary);
        return true;
    }

    private static string Markdown(string title, PredictedStep step, string sum)
    {
        StringBuilder text = new($"### {title}\n\n");
        if (step.Emulated.Count > 1) text.Append($"Carried on in a straight line from the steps of {string.Join(" and ", step.Emulated)} images.\n\n");
        List<string[]> rows = [s_head];
        foreach ((LaunchWork w, KernelFigures f, LaunchTime t) in step.Launches)
        {
            rows.Add([
                w.Kernel.Name, $"{w.Blocks} x {w.Kernel.Threads}", $"{f.Registers}", $"{f.StaticSharedBytes + w.Kernel.DynamicBytes}", $"{t.Resident}", Count(w.Instructions), Count(w.MatrixMultiplies), Count(w.MatrixLoads),
                $"{Count(w.SharedPasses)} ({Count(w.SharedConflicts)})", Count(w.Sectors), $"{w.SectorsBytes / 1e6:F1}", $"{t.Bound}", $"{t.Pipe * Micro:F1}", $"{t.Total * Micro:F1}",
            ]);
        }
        int[] widths = [.. Enumerable.Range(0, s_head.Length).Select(column => rows.Max(row => row[column].Length))];
        for (int i = 0; i < rows.Count; i++)
        {
            text.Append("| ").AppendJoin(" | ", rows[i].Select((cell, column) => column == 0 ? cell.PadRight(widths[column]) : cell.PadLeft(widths[column]))).Append(" |\n");
            if (i == 0) text.Append('|').AppendJoin('|', widths.Select((width, column) => new string('-', width + 1) + (column == 0 ? '-' : ':'))).Append("|\n");
        }
        return text.Append('\n').Append(sum).Append('\n').ToString();
    }

    private static string Count(double value) => value == 0 ? "-" : value < 1e5 ? $"{value:F0}" : value < 1e8 ? $"{value / 1e3:F0}k" : $"{value / 1e6:F0}M";
}
