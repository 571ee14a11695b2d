using Convoke.Kernels.Models;
using Convoke.Kernels.Scheduling;

namespace Convoke.Kernels.Cpu;

/// <summary>Pooling over any windows and its backward, for one image: what of a window lies outside of the image is left out.</summary>
public static class WindowPool
{
    /// <summary>Emits <paramref name="name"/>(x, y[, arg]).</summary>
    public static void EmitForward(KernelWriter writer, string name, WindowPoolGroup group)
    {
        Emission.CodeWriter code = writer.Code;
        PoolGeometry g = group.Geometry;
        bool max = group.Kind == PoolKind.Max, winners = group.Arg is not null;
        code.Line();
        code.Line($"// {group.Name}: {(max ? "maximum" : "mean")} of windows {Text(g)}; f32[{g.H},{g.W},{g.Stored}] to f32[{g.P},{g.Q},{g.Stored}]");
        code.Line("[MethodImpl(Hot)]");
        using (code.Block($"private static void {name}(float* x, float* y{(winners ? ", int* arg" : "")})"))
        using (Windows(code, g))
        {
            if (!max) code.Line(Share(g));
            using (code.Block($"for (int c = 0; c < {g.Stored}; c += {writer.Lanes})"))
            {
                code.Line(max ? $"F best = V.Load(x + (top * {g.W} + left) * {g.Stored} + c);" : "F sum = F.Zero;");
                if (winners) code.Line($"I winner = V.Create((top - h0) * {g.Window.Width} + left - w0);");
                using (code.Block("for (int h = top; h < bottom; h++)"))
                using (code.Block("for (int w = left; w < right; w++)"))
                {
                    code.Line($"F next = V.Load(x + (h * {g.W} + w) * {g.Stored} + c);");
                    if (winners) code.Line($"winner = V.ConditionalSelect(V.GreaterThan(next, best).AsInt32(), V.Create((h - h0) * {g.Window.Width} + w - w0), winner);");
                    code.Line(max ? "best = V.MaxNative(best, next);" : "sum += next;");
                }

                code.Line(max ? "best.Store(y + at + c);" : "(sum * share).Store(y + at + c);");
                if (winners) code.Line("winner.Store(arg + at + c);");
            }
        }
    }

    /// <summary>Emits <paramref name="name"/>(dy[, arg], dx).</summary>
    public static void EmitBackward(KernelWriter writer, string name, WindowPoolBackwardGroup group)
    {
        Emission.CodeWriter code = writer.Code;
        PoolGeometry g = group.Geometry;
        bool max = group.Kind == PoolKind.Max;
        code.Line();
        code.Line($"// {group.Name} backward: {(max ? "dy to each window's winner" : "dy in equal shares to its window")}, windows {Text(g)} in order; f32[{g.P},{g.Q},{g.Stored}] to f32[{g.H},{g.W},{g.Stored}]");
        code.Line("[MethodImpl(Hot)]");
        using (code.Block($"private static void {name}(float* dy{(max ? ", int* arg" : "")}, float* dx)"))
        {
            code.Line($"new Span<float>(dx, {g.H * g.W * g.Stored}).Clear();");
            using (Windows(code, g))
            {
                if (max)
                {
                    using (code.Block($"for (int c = 0; c < {g.Channels}; c++)"))
                    {
                        code.Line("int place = arg[at + c];");
                        code.Line($"dx[((h0 + place / {g.Window.Width}) * {g.W} + w0 + place % {g.Window.Width}) * {g.Stored} + c] += dy[at + c];");
                    }
                }
                else
                {
                    code.Line(Share(g));
                    using (code.Block($"for (int c = 0; c < {g.Stored}; c += {writer.Lanes})"))
                    {
                        code.Line("F d = V.Load(dy + at + c) * share;");
                        using (code.Block("for (int h = top; h < bottom; h++)"))
                        using (code.Block("for (int w = left; w < right; w++)"))
                        {
                            code.Line($"float* to = dx + (h * {g.W} + w) * {g.Stored} + c;");
                            code.Line("(V.Load(to) + d).Store(to);");
                        }
                    }
                }
            }
        }
    }

    private static string Text(PoolGeometry g) =>
        $"{g.Window.Height}x{g.Window.Width}, stride {g.Window.StrideHeight}x{g.Window.StrideWidth}{(g.Window.IsPadded ? $", padding {g.Window.Top}, {g.Window.Left}, {g.Window.Bottom}, {g.Window.Right}" : "")}";

    private static string Share(PoolGeometry g) => g.CountsPadding || !g.Window.IsPadded
        ? $"F share = V.Create({Emission.CodeWriter.Literal(1.0 / (g.Window.Height * g.Window.Width))});"
        : "F share = V.Create(1f / ((bottom - top) * (right - left)));";

    /// <summary>Loops over windows: [top, bottom) by [left, right) is what lies inside of the image; <c>at</c> is the window's element of the output.</summary>
    private static LoopNest Windows(Emission.CodeWriter code, PoolGeometry g)
    {
        IDisposable rows = code.Block($"for (int p = 0; p < {g.P}; p++)");
        code.Line($"int h0 = p * {g.Window.StrideHeight}{Minus(g.Window.Top)}, top = Math.Max(h0, 0), bottom = Math.Min(h0 + {g.Window.Height}, {g.H});");
        IDisposable columns = code.Block($"for (int q = 0; q < {g.Q}; q++)");
        code.Line($"int w0 = q * {g.Window.StrideWidth}{Minus(g.Window.Left)}, left = Math.Max(w0, 0), right = Math.Min(w0 + {g.Window.Width}, {g.W}), at = (p * {g.Q} + q) * {g.Stored};");
        return new(rows, columns);
    }

    private static string Minus(int padding) => padding == 0 ? "" : $" - {padding}";

    private sealed class LoopNest(IDisposable outer, IDisposable inner) : IDisposable
    {
        public void Dispose()
        {
            inner.Dispose();
            outer.Dispose();
        }
    }
}
