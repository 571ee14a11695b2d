using System.Diagnostics;
using System.Text;
using Convoke.Generator;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Convoke.GeneratorBenchmark;

/// <summary>Times of one scenario, and the size of what was generated.</summary>
/// <param name="ColdMs">First run over the compilation.</param>
/// <param name="MedianMs">Median over the edits.</param>
/// <param name="MaxMs">The slowest edit.</param>
/// <param name="ProcessorMs">Mean over the edits of what the processors worked, which other programs on the machine do not lengthen.</param>
/// <param name="FilesOfLargest">Generated files of the model with the most text, and their bytes.</param>
internal sealed record Measurement(double ColdMs, double MedianMs, double MaxMs, double ProcessorMs, IReadOnlyList<(string File, long Bytes)> FilesOfLargest)
{
    private const int WarmUpEdits = 150;

    private static readonly CSharpParseOptions ParseOptions = new(LanguageVersion.CSharp14);

    private static readonly MetadataReference[] References =
        [.. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Where(static path => Path.GetFileName(path) is string name && (name.StartsWith("System.", StringComparison.Ordinal) || name is "netstandard.dll" or "Convoke.dll"))
            .Select(static path => (MetadataReference)MetadataReference.CreateFromFile(path))];

    public long LargestModelBytes => FilesOfLargest.Sum(static file => file.Bytes);

    /// <summary>Runs everything once or twice, so that what is timed later is not the just-in-time compiler.</summary>
    public static void WarmUp()
    {
        Of(Scenario.Ordinary(), 1);
        Of(Scenario.Residual(1, 2), 1);
    }

    public static Measurement Of(Scenario scenario, int edits)
    {
        CSharpCompilation compilation = Compilation(scenario);
        GeneratorDriver driver = CSharpGeneratorDriver.Create([new ConvokeGenerator().AsSourceGenerator()], parseOptions: ParseOptions);
        (double coldMs, _) = Timed(() => driver = driver.RunGenerators(compilation));
        GeneratorRunResult first = driver.GetRunResult().Results[0];
        if (first.Exception is { } failure) throw new InvalidOperationException($"{scenario.Title}: the generator failed.", failure);
        if (first.GeneratedSources.Count(static source => source.HintName.EndsWith(".Cuda.g.cs", StringComparison.Ordinal)) != scenario.Models.Length)
            throw new InvalidOperationException($"{scenario.Title}: some model has a fault and was not compiled.");

        // What the cold run left behind is not the edits'.
        GC.Collect();
        var times = new List<double>();
        double processorMs = 0;
        for (int edit = 0; edit < WarmUpEdits + edits; edit++)
        {
            compilation = Edited(compilation, edit);
            (double ms, double worked) = Timed(() => driver = driver.RunGenerators(compilation));
            if (edit >= WarmUpEdits)
            {
                times.Add(ms);
                processorMs += worked / edits;
            }

            if (!driver.GetRunResult().Results[0].GeneratedSources.Select(static s => s.SourceText).SequenceEqual(first.GeneratedSources.Select(static s => s.SourceText), ReferenceEqualityComparer.Instance))
                throw new InvalidOperationException($"{scenario.Title}: an edit elsewhere made the generator write again.");
        }

        times.Sort();
        return new(coldMs, times[times.Count / 2], times[^1], processorMs, FilesOf(first));
    }

    private static (double Ms, double ProcessorMs) Timed(Action run)
    {
        TimeSpan before = Environment.CpuUsage.TotalTime;
        long start = Stopwatch.GetTimestamp();
        run();
        return (Stopwatch.GetElapsedTime(start).TotalMilliseconds, (Environment.CpuUsage.TotalTime - before).TotalMilliseconds);
    }

    private static CSharpCompilation Compilation(Scenario scenario) => CSharpCompilation.Create(
        "Edited", [Other(0), .. scenario.Models.Select(static (text, i) => Parse(text, $"Model{i}.cs"))], References,
        new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, nullableContextOptions: NullableContextOptions.Enable, allowUnsafe: true));

    /// <summary>One character of the other file changes; that much of it is parsed before the generator is asked, as in an editor.</summary>
    private static CSharpCompilation Edited(CSharpCompilation compilation, int edit) => compilation.ReplaceSyntaxTree(compilation.SyntaxTrees[0], Other((edit + 1) % 10));

    private static SyntaxTree Other(int digit) => Parse($"namespace Bench; internal static class Other {{ public static int Number() => {digit}; }}", "Other.cs");

    private static SyntaxTree Parse(string text, string path) => CSharpSyntaxTree.ParseText(text, ParseOptions, path, Encoding.UTF8);

    private static List<(string, long)> FilesOf(GeneratorRunResult run) =>
        run.GeneratedSources.Where(static source => source.HintName != "Convoke.Ops.g.cs")
            .GroupBy(static source => string.Join('.', source.HintName.Split('.')[..2]))
            .MaxBy(static model => model.Sum(static source => (long)source.SourceText.Length))!
            .Select(static source => (source.HintName, (long)Encoding.UTF8.GetByteCount(source.SourceText.ToString()))).ToList();
}
