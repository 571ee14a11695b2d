using System.Reflection;
using System.Runtime.InteropServices;
using Convoke.Compiled;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Convoke.Kernels.Tests.Emission;

/// <summary>Emitted programs, compiled in memory as a user's build would compile them.</summary>
internal static class EmittedProgram
{
    private static readonly MetadataReference[] References =
        [.. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Where(static p => Path.GetFileName(p) is string n && (n.StartsWith("System.", StringComparison.Ordinal) || n is "netstandard.dll" or "Convoke.dll"))
            .Select(static p => (MetadataReference)MetadataReference.CreateFromFile(p))];

    /// <summary>Compiles many sources at once (a compilation costs far more than a class) and instantiates each program.</summary>
    public static CpuProgram[] Load(IReadOnlyList<CpuSource> sources)
    {
        var compilation = CSharpCompilation.Create("Emitted" + Guid.NewGuid().ToString("N"),
            sources.Select(static s => CSharpSyntaxTree.ParseText(s.Text, new CSharpParseOptions(LanguageVersion.CSharp14))), References,
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, allowUnsafe: true, optimizationLevel: OptimizationLevel.Release, nullableContextOptions: NullableContextOptions.Enable));
        using var image = new MemoryStream();
        var result = compilation.Emit(image);
        string[] problems = [.. result.Diagnostics.Where(static d => d.Severity >= DiagnosticSeverity.Warning).Select(static d => d.ToString())];
        Assert.True(problems.Length == 0, string.Join('\n', problems.Take(20)));
        Assembly assembly = Assembly.Load(image.ToArray());
        return [.. sources.Select(s => (CpuProgram)Activator.CreateInstance(assembly.GetType(s.ClassName.Replace("global::", "", StringComparison.Ordinal))!)!)];
    }
}

/// <summary>A program with memory around it: what the run time does, reduced to what a test of kernels needs.</summary>
internal sealed unsafe class ProgramRunner : IDisposable
{
    private const int Guard = 64;
    private const float Canary = 12345.678f;
    private readonly CompiledModel _model;
    private readonly CpuProgram _program;
    private readonly List<(nint Start, int Floats, string Name)> _arenas = [];
    private readonly StepContext _step = new();
    private readonly int _outputs, _losses;

    public ProgramRunner(CompiledModel model, CpuProgram program, int capacity)
    {
        (_model, _program) = (model, program);
        (_outputs, _losses) = (model.Outputs.Sum(static o => o.Elements), model.Spec.Losses.Count);
        MemoryInfo m = model.Memory;
        int tasks = CpuProgram.TasksFor(capacity);
        _step.Capacity = capacity;
        _step.Parameters = Arena(m.ParameterFloats, "parameters");
        _step.Moment1 = Arena(m.ParameterFloats, "moment 1");
        _step.Moment2 = Arena(m.ParameterFloats, "moment 2");
        Gradients = Arena(m.ParameterFloats, "gradients");
        _step.Derived = Arena(m.DerivedFloats, "derived");
        _step.Partials = Arena(m.PartialFloats * tasks, "partials");
        _step.Batch = Arena(Math.Max(m.TrainSampleFloats, m.PredictSampleFloats) * capacity, "batch");
        _step.Images = Arena(model.Spec.SampleCount * capacity, "images");
        _step.Labels = (int*)Arena(capacity * model.Outputs.Sum(static o => o.Pixels), "labels");
        _step.Targets = Arena(capacity * _outputs, "targets");
        _step.Losses = Arena(capacity * _losses, "losses");
        _step.Correct = (int*)Arena(capacity, "correct");
        _step.Output = Arena(capacity * _outputs, "output");
        TrainScratch = Arena(m.TrainTaskFloats, "train scratch");
        PredictScratch = Arena(m.PredictTaskFloats, "predict scratch");
    }

    public float* Gradients { get; }

    public float* TrainScratch { get; }

    public float* PredictScratch { get; }

    public StepContext Step => _step;

    public Span<float> Output(int n) => new(_step.Output, n * _outputs);

    public Span<float> Losses(int n) => new(_step.Losses, n * _losses);

    public Span<int> Correct(int n) => new(_step.Correct, n);

    /// <summary>Sets a parameter from its logical elements, in the preset's order.</summary>
    public void Set(ParameterInfo parameter, ReadOnlySpan<float> elements)
    {
        for (int i = 0; i < elements.Length; i++) _step.Parameters[parameter.OffsetFloats + StorageOrder.Offset(parameter, i)] = elements[i];
    }

    /// <summary>Reads a parameter, or what lies at its place in another arena.</summary>
    public float[] Get(ParameterInfo parameter, float* arena)
    {
        var elements = new float[parameter.Shape.Aggregate(1, static (a, b) => a * b)];
        for (int i = 0; i < elements.Length; i++) elements[i] = arena[parameter.OffsetFloats + StorageOrder.Offset(parameter, i)];
        return elements;
    }

    /// <summary>All floats of the parameter arena, padding included.</summary>
    public Span<float> AllParameters => new(_step.Parameters, _model.Memory.ParameterFloats);

    public void SetBatch(ReadOnlySpan<float> images, Truth truth)
    {
        images.CopyTo(new Span<float>(_step.Images, images.Length));
        truth.Labels.CopyTo(new Span<int>(_step.Labels, truth.Labels.Length));
        truth.Rows.CopyTo(new Span<float>(_step.Targets, truth.Rows.Length));
        _step.N = truth.Samples;
        _step.Tasks = CpuProgram.TasksFor(_step.N);
        _step.InverseN = 1f / _step.N;
    }

    public void Train(bool gradientsOnly)
    {
        _step.Gradients = gradientsOnly ? Gradients : null;
        _program.Derive(_step);
        for (int stage = 0; stage < _program.TrainStages; stage++)
        {
            for (int task = 0; task < _step.Tasks; task++) _program.TrainTask(_step, stage, task, TrainScratch);
            _program.Combine(_step, stage);
        }

        for (int task = 0; task < _program.UpdateTasks; task++) _program.UpdateTask(_step, task);
        CheckGuards();
    }

    public void Predict()
    {
        _program.Derive(_step);
        _program.Fold(_step);
        for (int first = 0; first < _step.N; first += CpuProgram.ImagesPerChunk)
            _program.PredictTask(_step, first, Math.Min(CpuProgram.ImagesPerChunk, _step.N - first), PredictScratch);
        CheckGuards();
    }

    public int Probe()
    {
        int probe = _program.Probe(_step, 0, Math.Min(CpuProgram.ImagesPerChunk, _step.N), PredictScratch);
        CheckGuards();
        return probe;
    }

    /// <summary>An arena between two guard zones, filled with NaN where kernels may not read before they write.</summary>
    private float* Arena(int floats, string name)
    {
        float* start = (float*)NativeMemory.AlignedAlloc((nuint)(floats + (2 * Guard)) * 4, 64);
        var all = new Span<float>(start, floats + (2 * Guard));
        all.Fill(Canary);
        all.Slice(Guard, floats).Fill(name is "batch" or "partials" or "derived" or "losses" or "output" ? float.NaN : 0f);
        _arenas.Add(((nint)start, floats, name));
        return start + Guard;
    }

    private void CheckGuards()
    {
        foreach ((nint start, int floats, string name) in _arenas)
        {
            Assert.True(new ReadOnlySpan<float>((float*)start, Guard).IndexOfAnyExcept(Canary) < 0, $"{name}: written before its start");
            Assert.True(new ReadOnlySpan<float>((float*)start + Guard + floats, Guard).IndexOfAnyExcept(Canary) < 0, $"{name}: written behind its end");
        }
    }

    public void Dispose()
    {
        foreach ((nint start, _, _) in _arenas) NativeMemory.AlignedFree((void*)start);
        _arenas.Clear();
    }
}
