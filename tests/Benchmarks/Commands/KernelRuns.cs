using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Convoke.Benchmarks.Reports;

namespace Convoke.Benchmarks.Commands;

/// <summary>Convoke's layers one by one, by BenchmarkDotNet: what a change to a template does to a kernel. Nothing is compared with others here.</summary>
internal static class KernelRuns
{
    /// <summary>Times layers and prints BenchmarkDotNet's table; its log stays in artifacts/kernels.</summary>
    /// <param name="rounds">Timed iterations of each.</param>
    /// <param name="only">Only layers whose name has this text; null for all.</param>
    /// <returns>Whether there was such a layer and all could be timed.</returns>
    public static bool Run(int rounds, string? only)
    {
        LayerKernels.Only = only;
        if (!LayerKernels.Layers.Any()) return false;

        // In this process: the binary that was built is what is timed, and no project is generated and built anew for each layer.
        Job job = Job.Default.WithToolchain(InProcessEmitToolchain.Instance).WithWarmupCount(3).WithIterationCount(rounds);
        IConfig config = ManualConfig.CreateEmpty()
            .AddJob(job)
            .AddLogger(ConsoleLogger.Default)
            .AddDiagnoser(MemoryDiagnoser.Default)
            .AddColumnProvider(DefaultColumnProviders.Instance)
            .WithSummaryStyle(SummaryStyle.Default.WithMaxParameterColumnWidth(48))
            .WithArtifactsPath(Path.Combine(Machine.RepositoryFolder, "artifacts", "kernels"));
        Summary summary = BenchmarkRunner.Run<LayerKernels>(config);
        return !summary.HasCriticalValidationErrors && summary.Reports.Length > 0 && summary.Reports.All(static report => report.Success);
    }
}
