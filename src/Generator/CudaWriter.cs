using System.Globalization;
using Convoke.Kernels;
using Convoke.Kernels.Emission;
using Convoke.Kernels.Types;

namespace Convoke.Generator;

/// <summary>Writes a model's CUDA program: the kernels as readable text, and their launches as data.</summary>
internal static class CudaWriter
{
    private const string Compiled = "global::Convoke.Compiled.";

    /// <summary>The implementation file.</summary>
    public static string Write(ModelReading reading, CudaSource source)
    {
        CodeWriter code = PartialClassWriter.Begin(reading);
        using (code.Block($"partial class {reading.Name}"))
        {
            code.Line($"static partial void LoadCudaProgram(ref {Compiled}CudaProgram? program) => program = new CudaKernels();");
            code.Line();
            using (code.Block($"private sealed class CudaKernels : {Compiled}CudaProgram"))
            {
                WritePlan(code, source);
                code.Line();
                code.Line("public override global::System.ReadOnlySpan<byte> Source =>");
                code.AtMargin(Literals.Raw(source.Text, indent: "").TrimStart('\n') + "u8;");
            }
        }
        return code.ToString();
    }

    private static void WritePlan(CodeWriter code, CudaSource source)
    {
        code.Line($"public override {Compiled}CudaPlan Plan => Launches;");
        code.Line();
        code.Line($"private static readonly {Compiled}CudaPlan Launches = Plans();");
        code.Line();
        using IDisposable method = code.Block($"private static {Compiled}CudaPlan Plans()");

        // Constants of the method: short, and no member of the user's class hides them.
        foreach (CudaArea area in source.Train.Concat(source.Predict).Concat(source.Measure).Concat(source.Derive).Concat(source.Fold).Concat(source.Order).SelectMany(static l => l.Arguments).Select(static a => a.Area).Distinct().OrderBy(static a => a))
            code.Line($"const {Compiled}CudaAreaPlan {area} = {Compiled}CudaAreaPlan.{area};");
        using IDisposable plan = code.Block("return new()", "};");
        code.Line($"""
            FileName = {Literals.Of(source.FileName)},
            Kernels =
            [
            {Rows(source.Kernels.Select(static k => $"new({Literals.Of(k.Name)}, {Text(k.Threads)}, {Text(k.RegisterBudget)}, {Text(k.SharedBytes)}{(k.DynamicBytes > 0 ? ", " + Text(k.DynamicBytes) : "")})"))}
            ],
            {Launches("Train", source.Train, source)}
            {Launches("Predict", source.Predict, source)}
            {Launches("Measure", source.Measure, source)}
            {Launches("Derive", source.Derive, source)}
            {Launches("Fold", source.Fold, source)}
            {Launches("Order", source.Order, source)}
            {(source.Capability > 0 ? $"Capability = {Text(source.Capability)},\n" : "")}{(source.Tunables.Count > 0 ? $"Tunables = [{string.Join(", ", source.Tunables.Select(static t => $"new({Literals.Of(t.Name)}, {Text(t.Default)}, [{string.Join(", ", t.Candidates.Select(Text))}])"))}],\n" : "")}            TrainSampleFloats = {Text(source.Memory.TrainSampleFloats)},
            PredictSampleFloats = {Text(source.Memory.PredictSampleFloats)},
            DerivedFloats = {Text(source.Memory.DerivedFloats)},
            PartialFloats = {Text(source.Memory.PartialFloats)},
            """);
    }

    private static string Launches(string name, EquatableArray<CudaLaunch> launches, CudaSource source) =>
        launches.Count == 0 ? name + " = []," : $"{name} =\n[\n{Rows(launches.Select(launch => Launch(launch, source) + ", // " + source.Kernels[launch.Kernel].Name), "")}\n],";

    private static string Launch(CudaLaunch launch, CudaSource source)
    {
        CudaGrid grid = launch.Grid;
        string arguments = string.Join(", ", launch.Arguments.Select(static a => $"new({a.Area}, {Text(a.OffsetFloats)})"));
        string[] more = [
            .. grid.Tunable is { } name ? new[] { $"Tunable = {Text(source.Tunables.TakeWhile(t => t.Name != name).Count())}" } : [],
            .. grid.Enough > 0 ? new[] { $"EnoughBlocks = {Text(grid.Enough)}" } : []];
        return $"new({Text(launch.Kernel)}, {Text(grid.Fixed)}, {Text(grid.PerUnit)}, {Text(grid.Samples)}, {Text(grid.MaxUnits)}, [{arguments}]){(more.Length > 0 ? $" {{ {string.Join(", ", more)} }}" : "")}";
    }

    private static string Rows(IEnumerable<string> rows, string end = ",") => string.Join("\n", rows.Select(row => "    " + row + end));

    private static string Text(int value) => value.ToString(CultureInfo.InvariantCulture);
}
