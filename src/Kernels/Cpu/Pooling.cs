using Convoke.Kernels.Scheduling;

namespace Convoke.Kernels.Cpu;

/// <summary>Maximum pooling that follows no convolution, and its backward, for one image.</summary>
public static class Pooling
{
    public static void EmitForward(KernelWriter writer, string name, string summary, ConvGeometry g, bool winners)
    {
        Emission.CodeWriter code = writer.Code;
        bool scalar = g.CStored % writer.Lanes != 0;
        code.Line();
        code.Line(summary);
        code.Line("[MethodImpl(Hot)]");
        using (code.Block($"private static void {name}(float* x, float* y{(winners ? ", byte* arg" : "")})"))
        using (code.Block($"for (int p = 0; p < {g.OutRows}; p++)"))
        using (code.Block($"for (int q = 0; q < {g.OutColumns}; q++)"))
        {
            code.Line($"float* window = x + (p * {g.PoolHeight * g.W} + q * {g.PoolWidth}) * {g.CStored};");
            code.Line($"int at = (p * {g.OutColumns} + q) * {g.KStored};");
            if (scalar) EmitScalar(code, g, winners);
            else EmitVector(writer, g, winners);
        }
    }

    private static int Offset(ConvGeometry g, int element) => ((element / g.PoolWidth * g.W) + (element % g.PoolWidth)) * g.CStored;

    private static void EmitVector(KernelWriter writer, ConvGeometry g, bool winners)
    {
        Emission.CodeWriter code = writer.Code;
        using (code.Block($"for (int c = 0; c < {g.CStored}; c += {writer.Lanes})"))
        {
            code.Line("F best = V.Load(window + c), next;");
            if (winners) code.Line("I winner = I.Zero;");
            for (int element = 1; element < g.PoolHeight * g.PoolWidth; element++)
            {
                code.Line($"next = V.Load(window + c + {Offset(g, element)});");
                if (winners) code.Line($"winner = V.ConditionalSelect(V.GreaterThan(next, best).AsInt32(), V.Create({element}), winner);");
                code.Line("best = V.MaxNative(best, next);");
            }

            code.Line("best.Store(y + at + c);");
            if (winners) code.Line("Lanes.StoreBytes(winner, arg + at + c);");
        }

        // The input image's channels may be whole vectors and yet no whole line.
        if (g.KStored == g.CStored) return;
        code.Line($"new Span<float>(y + at + {g.CStored}, {g.KStored - g.CStored}).Clear();");
        if (winners) code.Line($"new Span<byte>(arg + at + {g.CStored}, {g.KStored - g.CStored}).Clear();");
    }

    /// <summary>The input image's channels are not padded; those of the output are, with zeros.</summary>
    private static void EmitScalar(Emission.CodeWriter code, ConvGeometry g, bool winners)
    {
        using (code.Block($"for (int c = 0; c < {g.KStored}; c++)"))
        {
            code.Line($"float best = c < {g.C} ? window[c] : 0f;");
            if (winners) code.Line("byte winner = 0;");
            using (code.Block($"for (int e = 1; e < {g.PoolHeight * g.PoolWidth} && c < {g.C}; e++)"))
            {
                code.Line($"float next = window[(e / {g.PoolWidth} * {g.W} + e % {g.PoolWidth}) * {g.CStored} + c];");
                code.Line($"if (next > best) {(winners ? "(best, winner) = (next, (byte)e)" : "best = next")};");
            }

            code.Line("y[at + c] = best;");
            if (winners) code.Line("arg[at + c] = winner;");
        }
    }

    public static void EmitBackward(KernelWriter writer, string name, string summary, ConvGeometry g)
    {
        Emission.CodeWriter code = writer.Code;
        code.Line();
        code.Line(summary);
        code.Line("[MethodImpl(Hot)]");
        using (code.Block($"private static void {name}(float* dy, byte* arg, float* dx)"))
        {
            // What fills no window, and is stored because another reader wants it, has no gradient.
            if (g.P < g.H || g.Q < g.W) code.Line($"new Span<float>(dx, {g.H * g.W * g.CStored}).Clear();");
            EmitWindows(writer, g);
        }
    }

    private static void EmitWindows(KernelWriter writer, ConvGeometry g)
    {
        Emission.CodeWriter code = writer.Code;
        using (code.Block($"for (int p = 0; p < {g.OutRows}; p++)"))
        using (code.Block($"for (int q = 0; q < {g.OutColumns}; q++)"))
        {
            code.Line($"float* window = dx + (p * {g.PoolHeight * g.W} + q * {g.PoolWidth}) * {g.CStored};");
            code.Line($"int at = (p * {g.OutColumns} + q) * {g.KStored};");
            using (code.Block($"for (int c = 0; c < {g.CStored}; c += {writer.Lanes})"))
            {
                code.Line("F d = V.Load(dy + at + c);");
                code.Line($"I winner = Lanes.LoadBytes{writer.Target.Bits}(arg + at + c);");
                for (int element = 0; element < g.PoolHeight * g.PoolWidth; element++)
                    code.Line($"V.ConditionalSelect(V.Equals(winner, V.Create({element})).AsSingle(), d, F.Zero).Store(window + c + {Offset(g, element)});");
            }
        }
    }
}
