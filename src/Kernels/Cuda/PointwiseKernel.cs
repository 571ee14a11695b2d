using Convoke.Kernels.KernelIr;
using Convoke.Kernels.Scheduling;

namespace Convoke.Kernels.Cuda;

/// <summary>Element by element over maps of one form; a thread has four channels of a pixel.</summary>
public static class PointwiseKernel
{
    public static ElementGrid Grid(PointwiseGroup group) => new(group.Extent.Count / 4);

    public static CudaKernel Emit(CudaWriter writer, string name, string layer, PointwiseGroup group)
    {
        ElementGrid grid = Grid(group);
        ValueStorage extent = group.Extent;
        string[] maps = [.. Maps(group)], vectors = [.. group.Vectors.Select(static v => v.Name)];
        bool pads = Pads(group);
        var kernel = new CudaKernel(name, ElementGrid.Threads, ElementGrid.MinBlocks, 0);
        using (writer.Kernel(kernel, $"""
            // {group.Name} {Words(group.Role)}  <- {layer}
            //   {group.Body.Comment}
            //   {string.Join(", ", maps)} and y {CudaWriter.MapText(extent)} NHWC{(vectors.Length > 0 ? $"  {string.Join(", ", vectors)} f32[{extent.Stored}], one of each channel" : "")}; thread = 4 channels; {grid.Text}{(pads ? $"\n//   channels from {extent.Channels} on are padding and stay zero" : "")}
            """, [.. Pointers(group), $"float* __restrict__ y_at{grid.Parameter}"]))
        {
            var code = writer.Code;
            code.Line($"constexpr int COUNT = {extent.Count}{(vectors.Length > 0 || pads ? $", K = {extent.Stored}" : "")}{(pads ? $", CHANNELS = {extent.Channels}" : "")};");
            code.Line(grid.Place);
            EmitFunction(code, group);
            code.Line("const size_t at = (size_t)n * COUNT + i * 4;");
            if (vectors.Length > 0 || pads) code.Line("const int k = i * 4 % K;");
            code.Line(LoadMaps(group));
            if (vectors.Length > 0) code.Line(LoadVectors(group));
            code.Line(Store(group));
        }

        return kernel;
    }

    /// <summary>Whether channels that are padding would not stay zero by themselves.</summary>
    public static bool Pads(PointwiseGroup group) => !group.KeepsZero && group.Extent.Channels < group.Extent.Stored;

    /// <summary>The pointers that the kernel reads, as parameters.</summary>
    public static IEnumerable<string> Pointers(PointwiseGroup group) => Names(group).Select(static name => $"const float* __restrict__ {name}_at");

    /// <summary>Emits <c>of</c>, what is computed of one element.</summary>
    public static void EmitFunction(Emission.CodeWriter code, PointwiseGroup group)
    {
        string[] names = [.. Names(group)];
        using (code.Block($"const auto of = []({string.Join(", ", names.Select(static v => $"float {v}"))})", "};"))
        {
            if (group.Body.Constants.Count > 0)
                code.Line("constexpr float " + string.Join(", ", group.Body.Constants.Select(static c => $"{c.Name.ToUpperInvariant()} = {CudaWriter.Literal(c.Value)}")) + ";");
            EmitBody(code, group.Body, [.. names]);
        }
    }

    /// <summary>Text that loads four channels of the maps, at <c>at</c>.</summary>
    public static string LoadMaps(PointwiseGroup group) => string.Join("\n", Maps(group).Select(static map => $"const float4 {map} = *reinterpret_cast<const float4*>(&{map}_at[at]);"));

    /// <summary>Text that loads those of the vectors, at <c>k</c>.</summary>
    public static string LoadVectors(PointwiseGroup group) => string.Join("\n", group.Vectors.Select(static v => $"const float4 {v.Name} = *reinterpret_cast<const float4*>(&{v.Name}_at[k]);"));

    /// <summary>Text that computes <c>y</c> of them, four channels, and stores it.</summary>
    public static string Store(PointwiseGroup group) => string.Join("\n", [
        "float4 y;",
        .. "xyzw".Select(part => $"y.{part} = of({string.Join(", ", Names(group).Select(v => $"{v}.{part}"))});"),
        .. Pads(group) ? new[] { "if (k >= CHANNELS) y.x = 0.0f;", "if (k + 1 >= CHANNELS) y.y = 0.0f;", "if (k + 2 >= CHANNELS) y.z = 0.0f;", "if (k + 3 >= CHANNELS) y.w = 0.0f;" } : [],
        "*reinterpret_cast<float4*>(&y_at[at]) = y;"]);

    private static IEnumerable<string> Maps(PointwiseGroup group) => group.Maps.Select(static (_, i) => $"x{i}");

    private static IEnumerable<string> Names(PointwiseGroup group) => [.. Maps(group), .. group.Vectors.Select(static v => v.Name)];

    /// <summary>The assignments, each variable declared where it is assigned first; the last of them is returned.</summary>
    private static void EmitBody(Emission.CodeWriter code, Pointwise body, HashSet<string> known)
    {
        var printer = new CudaPrinter();
        for (int i = 0; i < body.Body.Count; i++)
        {
            Assignment assignment = body.Body[i];
            if (i == body.Body.Count - 1) code.Line($"return {printer.Print(assignment.Value)};");
            else code.Line((known.Add(assignment.Target) ? "float " : "") + printer.Print(assignment));
        }
    }

    /// <summary>"ActivationGrad" is "activation grad".</summary>
    public static string Words(string role) => string.Concat(role.Select(static (c, i) => char.IsUpper(c) ? (i > 0 ? " " : "") + char.ToLowerInvariant(c) : c.ToString()));
}
