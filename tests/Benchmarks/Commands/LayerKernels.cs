using BenchmarkDotNet.Attributes;
using Convoke.Benchmarks.Contenders;
using Convoke.Benchmarks.Programs;

namespace Convoke.Benchmarks.Commands;

/// <summary>One layer of the sweep on one thread; an operation is a whole batch. Public, as BenchmarkDotNet wants it.</summary>
public class LayerKernels : IDisposable
{
    private ConvokeContender? _layer;

    /// <summary>Only layers whose name has this text; null for all.</summary>
    internal static string? Only { get; set; }

    /// <summary>Names of the layers.</summary>
    public static IEnumerable<string> Layers => LayerPrograms.All.Select(static layer => layer.Outer.Name).Where(static name => Only is null || name.Contains(Only, StringComparison.Ordinal));

    /// <summary>Which layer.</summary>
    [ParamsSource(nameof(Layers))]
    public string Layer { get; set; } = "";

    /// <summary>Makes the layer, with its start weights.</summary>
    [GlobalSetup]
    public void Start()
    {
        ProgramSpec program = LayerPrograms.All.Select(static layer => layer.Outer).Single(program => program.Name == Layer);
        _layer = new ConvokeContender(program, new SampleData(program, 1), threads: 1);
    }

    /// <summary>Prediction.</summary>
    [Benchmark]
    public void Forward() => _layer!.Predict(1);

    /// <summary>Forward, loss, and the gradient of the weights; no update.</summary>
    [Benchmark]
    public void Gradients() => _layer!.Gradients(1);

    /// <summary>Gives the layer's memory back.</summary>
    [GlobalCleanup]
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing)
    {
        _layer?.Dispose();
        _layer = null;
    }
}
