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
        string[] maps = [.. group.Maps.Select(static (_, i) => $"x{i}")], vectors = [.. group.Vectors.Select(static v => v.Name)];
        string[] pointers = [.. maps.Select(static m => m + "_at"), .. vectors.Select(static v => v + "_at")];
        bool pads = !group.KeepsZero && extent.Channels < extent.Stored;
        var kernel = new CudaKernel(name, ElementGrid.Threads, ElementGrid.MinBlocks, 0);
        using (writer.Kernel(kernel, $"""
            // {group.Name} {Words(group.Role)}  <- {layer}
            //   {group.Body.Comment}
            //   {string.Join(", ", maps)} and y {CudaWriter.MapText(extent)} NHWC{(vectors.Length > 0 ? $"  {string.Join(", ", vectors)} f32[{extent.Stored}], one of each channel" : "")}; thread = 4 channels; {grid.Text}{(pads ? $"\n//   channels from {extent.Channels} on are padding and stay zero" : "")}
            """, [.. pointers.Select(static p => $"const float* __restrict__ {p}"), $"float* __restrict__ y_at{grid.Parameter}"]))
        {
            var code = writer.Code;
            code.Line($"constexpr int COUNT = {extent.Count}{(vectors.Length > 0 || pads ? $", K = {extent.Stored}" : "")}{(pads ? $", CHANNELS = {extent.Channels}" : "")};");
            code.Line(grid.Place);
            using (code.Block($"const auto of = []({string.Join(", ", maps.Concat(vectors).Select(static v => $"float {v}"))})", "};"))
            {
                if (group.Body.Constants.Count > 0)
                    code.Line("constexpr float " + string.Join(", ", group.Body.Constants.Select(static c => $"{c.Name.ToUpperInvariant()} = {CudaWriter.Literal(c.Value)}")) + ";");
                EmitBody(code, group.Body, [.. maps, .. vectors]);
            }

            code.Line("const size_t at = (size_t)n * COUNT + i * 4;");
            if (vectors.Length > 0 || pads) code.Line("const int k = i * 4 % K;");
            foreach (string map in maps) code.Line($"const float4 {map} = *reinterpret_cast<const float4*>(&{map}_at[at]);");
            foreach (string vector in vectors) code.Line($"const float4 {vector} = *reinterpret_cast<const float4*>(&{vector}_at[k]);");
            code.Line("float4 y;");
            foreach (char part in "xyzw") code.Line($"y.{part} = of({string.Join(", ", maps.Concat(vectors).Select(v => $"{v}.{part}"))});");
            if (pads) code.Line("if (k >= CHANNELS) y.x = 0.0f;\nif (k + 1 >= CHANNELS) y.y = 0.0f;\nif (k + 2 >= CHANNELS) y.z = 0.0f;\nif (k + 3 >= CHANNELS) y.w = 0.0f;");
            code.Line("*reinterpret_cast<float4*>(&y_at[at]) = y;");
        }

        return kernel;
    }

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
