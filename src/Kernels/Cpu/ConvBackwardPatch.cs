using Convoke.Kernels.Scheduling;

namespace Convoke.Kernels.Cpu;

/// <summary>
/// Filter gradient of a pooled convolution over one input channel: the input under a pooled cell is a patch of at most 4x4 pixels, which is one vector of
/// 16 lanes, and each output channel picks its winner's pixel out of it by a permutation.
/// </summary>
/// <remarks>First layers on grey images are of this kind. No data gradient is wanted of them.</remarks>
public static class ConvBackwardPatch
{
    private const int Side = 4;

    public static bool Fits(KernelWriter writer, ConvBackwardGroup group)
    {
        ConvGeometry g = group.Geometry;
        return writer.Lanes == Side * Side && group.Dx is null && g is { Pooled: true, CStored: 1, PoolWidth: 1 or 2, IsStrided: false }
            && g.PoolHeight + g.R - 1 <= Side && g.PoolWidth + g.S - 1 <= Side && ((g.OutColumns - 1) * g.PoolWidth) + Side <= g.W
            && g.R * g.S * (g.Panel / writer.Lanes) <= 18;
    }

    public static void Emit(KernelWriter writer, string name, string summary, ConvBackwardGroup group, string parameters)
    {
        ConvGeometry g = group.Geometry;
        Emission.CodeWriter code = writer.Code;
        code.Line();
        code.Line(summary);
        code.Line($"//   the {g.PoolHeight + g.R - 1}x{g.PoolWidth + g.S - 1} pixels under a cell are one vector, out of which each channel picks its winner's");
        using (code.Block($"private static void {name}({parameters})"))
        {
            string Offset(string p) => $"{p} + k";
            code.Line($"for (int k = 0; k < {g.KStored}; k += {g.Panel})");
            code.Line($"    {name}Panel(x, {Offset("dy")}{(group.Relu ? ", " + Offset("y") : "")}, {Offset("arg")}, dw + k * {g.Reduction}{(group.Bias is null ? "" : ", " + Offset("db"))});");
        }

        EmitPanel(writer, $"{name}Panel", group);
    }

    private static void EmitPanel(KernelWriter writer, string name, ConvBackwardGroup group)
    {
        ConvGeometry g = group.Geometry;
        Emission.CodeWriter code = writer.Code;
        var tile = new Tile(g.R * g.S, g.Panel / writer.Lanes);
        int rows = g.PoolHeight + g.R - 1;
        using (writer.Microkernel($"{name}(float* x, float* dy{(group.Relu ? ", float* y" : "")}, byte* arg, float* dw{(group.Bias is null ? "" : ", float* db")})"))
        {
            writer.Accumulators(tile, (row, z) => $"V.Load({KernelWriter.Plus("dw", (row * g.Panel) + (z * writer.Lanes))})");
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
                code.Line(string.Join(" ", KernelWriter.Vectors(tile).Select(z => $"a{row}_{z}.Store({KernelWriter.Plus("dw", (row * g.Panel) + (z * writer.Lanes))});")));
            foreach (int z in KernelWriter.Vectors(tile).Where(_ => group.Bias is not null)) code.Line($"sum{z}.Store({KernelWriter.Plus("db", z * writer.Lanes)});");
        }
    }

    private static void EmitCell(KernelWriter writer, ConvBackwardGroup group, int z)
    {
        Emission.CodeWriter code = writer.Code;
        string dy = $"V.Load({KernelWriter.Plus("dy", z * writer.Lanes)})";
        code.Line(group.Relu ? $"F d{z} = V.ConditionalSelect(V.GreaterThan(V.Load({KernelWriter.Plus("y", z * writer.Lanes)}), F.Zero), {dy}, F.Zero);" : $"F d{z} = {dy};");
        if (group.Bias is not null) code.Line($"sum{z} += d{z};");

        // Window element e stands at (e / width, e % width); its lane is 4 (e / width) + e % width.
        code.Line($"I lane{z} = Lanes.LoadBytes512({KernelWriter.Plus("arg", z * writer.Lanes)});");
        code.Line(group.Geometry.PoolWidth == 1 ? $"lane{z} *= {Side};" : $"lane{z} += lane{z} & V.Create(-2);");
    }
}
