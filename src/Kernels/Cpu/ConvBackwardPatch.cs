using Convoke.Kernels.Scheduling;

namespace Convoke.Kernels.Cpu;

/// <summary>
/// Filter gradient of a pooled convolution over few input channels: of each channel the input under a pooled cell is a patch of at most 4x4 pixels, which is
/// one vector of 16 lanes, and each output channel picks its winner's pixel out of it by a permutation.
/// </summary>
/// <remarks>First layers are of this kind. No data gradient is wanted of them.</remarks>
public static class ConvBackwardPatch
{
    private const int Side = PatchPlan.Side;

    public static bool Fits(VectorTarget target, ConvBackwardGroup group) => target.Lanes == Side * Side && group.Method == ConvBackwardMethod.Banded && PatchPlan.Fits(group.Geometry);

    public static void Emit(KernelWriter writer, string name, string summary, ConvBackwardGroup group, string parameters)
    {
        ConvGeometry g = group.Geometry;
        bool planes = g.CStored > 1;
        Emission.CodeWriter code = writer.Code;
        code.Line();
        code.Line(summary);
        code.Line($"//   the {g.PoolHeight + g.R - 1}x{g.PoolWidth + g.S - 1} pixels under a cell are one vector{(planes ? " of each input channel" : "")}, out of which each output channel picks its winner's");
        using (code.Block($"private static void {name}({parameters})"))
        {
            if (planes)
            {
                code.Line($"for (int i = 0; i < {g.H * g.W}; i++, x += {g.CStored}) {{ {string.Join(" ", Enumerable.Range(0, g.CStored).Select(c => $"dz[{(c == 0 ? "i" : $"{c * g.H * g.W} + i")}] = x[{c}];"))} }}");
                if (group.Bias is not null) code.Line($"{name}Bias(dy{(group.Relu ? ", y" : "")}, db);");
            }

            code.Line($"for (int k = 0; k < {g.KStored}; k += {g.Panel})");
            string loop = planes ? $"for (int c = 0; c < {g.CStored}; c++) " : "", x = planes ? $"dz + c * {g.H * g.W}" : "x", row = planes ? $" + c * {g.Panel}" : "";
            code.Line($"    {loop}{name}Panel({x}, dy + k{(group.Relu ? ", y + k" : "")}, arg + k, dw + k * {g.Reduction}{row}{(group.Bias is null || planes ? "" : ", db + k")});");
        }

        EmitPanel(writer, $"{name}Panel", planes ? group with { Bias = null } : group);
        if (planes && group.Bias is not null) EmitBias(writer, $"{name}Bias", group);
    }

    private static void EmitBias(KernelWriter writer, string name, ConvBackwardGroup group)
    {
        ConvGeometry g = group.Geometry;
        Emission.CodeWriter code = writer.Code;
        using (writer.Microkernel($"{name}(float* dy{(group.Relu ? ", float* y" : "")}, float* db)"))
        using (code.Block($"for (int k = 0; k < {g.KStored}; k += {writer.Lanes})"))
        {
            code.Line("F sum = V.Load(db + k);");
            code.Line($"for (int at = k; at < {g.OutRows * g.OutColumns * g.KStored}; at += {g.KStored}) sum += {Masked(group, "dy + at", "y + at")};");
            code.Line("sum.Store(db + k);");
        }
    }

    private static string Masked(ConvBackwardGroup group, string dy, string y) =>
        group.Relu ? $"V.ConditionalSelect(V.GreaterThan(V.Load({y}), F.Zero), V.Load({dy}), F.Zero)" : $"V.Load({dy})";

    private static void EmitPanel(KernelWriter writer, string name, ConvBackwardGroup group)
    {
        ConvGeometry g = group.Geometry;
        Emission.CodeWriter code = writer.Code;
        var tile = new Tile(g.R * g.S, g.Panel / writer.Lanes);
        int rows = g.PoolHeight + g.R - 1, tapRow = g.CStored * g.Panel;
        using (writer.Microkernel($"{name}(float* x, float* dy{(group.Relu ? ", float* y" : "")}, byte* arg, float* dw{(group.Bias is null ? "" : ", float* db")})"))
        {
            writer.Accumulators(tile, (row, z) => $"V.Load({KernelWriter.Plus("dw", (row * tapRow) + (z * writer.Lanes))})");
            foreach (int z in KernelWriter.Vectors(tile).Where(_ => group.Bias is not null)) code.Line($"F sum{z} = V.Load({KernelWriter.Plus("db", z * writer.Lanes)});");
            using (code.Block($"for (int p = 0; p < {g.OutRows}; p++)"))
            {
                code.Line($"float* pixels = x + p * {g.PoolHeight * g.W};");
                using (code.Block($"for (int q = 0; q < {g.OutColumns}; q++)"))
                {
                    string Row(int r) => r < rows ? $"Vector128.Load({KernelWriter.Plus("pixels", r * g.W)})" : "Vector128<float>.Zero";
                    code.Line($"F patch = V.Create(Vector256.Create({Row(0)}, {Row(1)}), Vector256.Create({Row(2)}, {Row(3)}));");
                    foreach (int z in KernelWriter.Vectors(tile)) EmitCell(writer, group, z);
                    for (int tap = 0; tap < tile.Rows; tap++)
                    {
                        foreach (int z in KernelWriter.Vectors(tile))
                        {
                            if (tap > 0) code.Line($"lane{z} += V.Create({(tap % g.S == 0 ? Side - g.S + 1 : 1)});");
                            code.Line($"a{tap}_{z} = V.FusedMultiplyAdd(d{z}, V.ShuffleNative(patch, lane{z}), a{tap}_{z});");
                        }
                    }

                    code.Line($"pixels += {g.PoolWidth}; dy += {g.KStored};{(group.Relu ? $" y += {g.KStored};" : "")} arg += {g.KStored};");
                }
            }

            for (int row = 0; row < tile.Rows; row++)
                code.Line(string.Join(" ", KernelWriter.Vectors(tile).Select(z => $"a{row}_{z}.Store({KernelWriter.Plus("dw", (row * tapRow) + (z * writer.Lanes))});")));
            foreach (int z in KernelWriter.Vectors(tile).Where(_ => group.Bias is not null)) code.Line($"sum{z}.Store({KernelWriter.Plus("db", z * writer.Lanes)});");
        }
    }

    private static void EmitCell(KernelWriter writer, ConvBackwardGroup group, int z)
    {
        Emission.CodeWriter code = writer.Code;
        code.Line($"F d{z} = {Masked(group, KernelWriter.Plus("dy", z * writer.Lanes), KernelWriter.Plus("y", z * writer.Lanes))};");
        if (group.Bias is not null) code.Line($"sum{z} += d{z};");

        // Window element e stands at (e / width, e % width); its lane is 4 (e / width) + e % width.
        code.Line($"I lane{z} = Lanes.LoadBytes512({KernelWriter.Plus("arg", z * writer.Lanes)});");
        code.Line(group.Geometry.PoolWidth == 1 ? $"lane{z} *= {Side};" : $"lane{z} += lane{z} & V.Create(-2);");
    }
}
