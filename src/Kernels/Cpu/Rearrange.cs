using Convoke.Kernels.Scheduling;

namespace Convoke.Kernels.Cpu;

/// <summary>Kernels that move the values of one image and compute nothing, and the adjoint of upsampling.</summary>
public static class Rearrange
{
    /// <summary>Emits <paramref name="name"/>(x, y): channels padded by zeros.</summary>
    public static void EmitImport(KernelWriter writer, string name, ImportGroup group)
    {
        Emission.CodeWriter code = writer.Code;
        ValueStorage y = group.Extent;
        code.Line();
        code.Line($"// {(group.Input is { } input ? "the input " + input : "the input")} f32[{y.Rows},{y.Columns},{y.Channels}] with its channels padded to {y.Stored}");
        using (code.Block($"private static void {name}(float* x, float* y)"))
        using (code.Block($"for (int pixel = 0; pixel < {y.Pixels}; pixel++)"))
        {
            Copy(code, $"x + pixel * {y.Channels}", $"y + pixel * {y.Stored}", y.Channels);
            Pad(code, "y", y);
        }
    }

    /// <summary>Emits <paramref name="name"/>(from0, from1, ..., y).</summary>
    public static void EmitConcat(KernelWriter writer, string name, ConcatGroup group)
    {
        Emission.CodeWriter code = writer.Code;
        ValueStorage y = group.Extent;
        code.Line();
        code.Line($"// {group.Name}: channels {string.Join(" + ", group.Channels)} of f32[{y.Rows},{y.Columns}] maps one behind the other");
        using (code.Block($"private static void {name}({string.Join(", ", Enumerable.Range(0, group.Parts.Count).Select(static i => $"float* from{i}"))}, float* y)"))
        using (code.Block($"for (int pixel = 0; pixel < {y.Pixels}; pixel++)"))
        {
            for (int part = 0, first = 0; part < group.Parts.Count; first += group.Channels[part++])
                Copy(code, $"from{part} + pixel * {Panels.Pad(group.Channels[part])}", $"y + pixel * {y.Stored}{(first > 0 ? $" + {first}" : "")}", group.Channels[part]);
            Pad(code, "y", y);
        }
    }

    /// <summary>Emits <paramref name="name"/>(x, y).</summary>
    public static void EmitSlice(KernelWriter writer, string name, SliceGroup group)
    {
        Emission.CodeWriter code = writer.Code;
        ValueStorage y = group.Extent;
        code.Line();
        code.Line($"// {group.Name} backward: channels {group.From} to {group.From + y.Channels - 1}, the share of operand {group.Part}");
        using (code.Block($"private static void {name}(float* x, float* y)"))
        using (code.Block($"for (int pixel = 0; pixel < {y.Pixels}; pixel++)"))
        {
            Copy(code, $"x + pixel * {group.XStored}{(group.From > 0 ? $" + {group.From}" : "")}", $"y + pixel * {y.Stored}", y.Channels);
            Pad(code, "y", y);
        }
    }

    /// <summary>Emits <paramref name="name"/>(x, y).</summary>
    public static void EmitUpsample(KernelWriter writer, string name, UpsampleGroup group)
    {
        Emission.CodeWriter code = writer.Code;
        ValueStorage x = group.Extent;
        int columns = x.Columns * group.Width;
        code.Line();
        code.Line($"// {group.Name}: y[p,q] = x[p / {group.Height}, q / {group.Width}]; f32[{x.Rows},{x.Columns},{x.Stored}] to f32[{x.Rows * group.Height},{columns},{x.Stored}]");
        using (code.Block($"private static void {name}(float* x, float* y)"))
        using (code.Block($"for (int p = 0; p < {x.Rows * group.Height}; p++)"))
        using (code.Block($"for (int q = 0; q < {columns}; q++)"))
            Copy(code, $"x + (p / {group.Height} * {x.Columns} + q / {group.Width}) * {x.Stored}", $"y + (p * {columns} + q) * {x.Stored}", x.Stored);
    }

    /// <summary>Emits <paramref name="name"/>(dy, dx).</summary>
    public static void EmitUpsampleBackward(KernelWriter writer, string name, UpsampleBackwardGroup group)
    {
        Emission.CodeWriter code = writer.Code;
        ValueStorage x = group.Extent;
        int row = x.Columns * group.Width * x.Stored;
        code.Line();
        code.Line($"// {group.Name} backward: dx[h,w] = the sum of dy over its {group.Height}x{group.Width} pixels");
        code.Line("[MethodImpl(Hot)]");
        using (code.Block($"private static void {name}(float* dy, float* dx)"))
        using (code.Block($"for (int h = 0; h < {x.Rows}; h++)"))
        using (code.Block($"for (int w = 0; w < {x.Columns}; w++)"))
        {
            code.Line($"float* block = dy + h * {group.Height * row} + w * {group.Width * x.Stored}, to = dx + (h * {x.Columns} + w) * {x.Stored};");
            using (code.Block($"for (int c = 0; c < {x.Stored}; c += {writer.Lanes})"))
            {
                code.Line("F sum = F.Zero;");
                code.Line($"for (int r = 0; r < {group.Height}; r++)");
                code.Line($"    for (int s = 0; s < {group.Width}; s++) sum += V.Load(block + r * {row} + s * {x.Stored} + c);");
                code.Line("sum.Store(to + c);");
            }
        }
    }

    private static void Copy(Emission.CodeWriter code, string from, string to, int count) => code.Line($"new Span<float>({from}, {count}).CopyTo(new Span<float>({to}, {count}));");

    private static void Pad(Emission.CodeWriter code, string map, ValueStorage extent)
    {
        if (extent.Channels < extent.Stored) code.Line($"new Span<float>({map} + pixel * {extent.Stored} + {extent.Channels}, {extent.Stored - extent.Channels}).Clear();");
    }
}
