using Convoke.Kernels.Scheduling;

namespace Convoke.Kernels.Cpu;

/// <summary>Transforms of Winograd's forms with patches of 6x6: points 0, a, -a, b, -b and infinity.</summary>
/// <remarks>
/// With M(x) = x (x^2 - a^2)(x^2 - b^2), row i of B^T has the coefficients of M(x) / (x - p) of point p, and of M itself for infinity; row i of G has the powers of p over
/// the product of p's distances from the other points; A^T has the powers of p. A pair of points shares its even and its odd part, of which it is the sum and
/// the difference. Two-dimensional transforms go down the columns first.
/// </remarks>
public static class SixPoints
{
    private const double A = WinogradForm.A, B = WinogradForm.B, A2 = A * A, B2 = B * B;

    /// <summary>The reciprocals of the distances: of zero, of either a, of either b.</summary>
    private const double N0 = 1 / (A2 * B2), NA = 1 / (2 * A2 * (A2 - B2)), NB = 1 / (2 * B2 * (B2 - A2));

    /// <summary>G in words.</summary>
    public static string FilterMatrix => FormattableString.Invariant($"powers of the points 0, {A}, -{A}, {B}, -{B} over the products of their distances; of the last, the last tap");

    /// <summary>Emits <paramref name="name"/>(x, v): v = B^T d B of tiles side by side, by the method that all layers of the form share.</summary>
    public static void EmitInput(KernelWriter writer, string name, WinogradForm form, ConvGeometry g, int tiles, int room)
    {
        writer.Code.Line();
        writer.Code.Line($"private static void {name}(float* x, float* v) => {InputMethod(form)}(x, v, {g.CStored}, {tiles}, {g.W * g.CStored}, {room * g.CStored});");
        EmitInputMethod(writer, form);
    }

    private static string InputMethod(WinogradForm form) => $"WinogradInput{form.Output}x{form.Output}Of{form.Filter}x{form.Filter}";

    private static string FilterMethod(WinogradForm form) => $"WinogradFilter{form.Output}x{form.Output}Of{form.Filter}x{form.Filter}";

    /// <summary>One or two of the six rows at a time: all of a tile's thirty-six elements would exceed the registers.</summary>
    private static void EmitInputMethod(KernelWriter writer, WinogradForm form)
    {
        if (!writer.Once(InputMethod(form))) return;
        Emission.CodeWriter code = writer.Code;
        int kept = form.Patch - form.Output;
        code.Line();
        code.Line("// v = B^T d B of each 6x6 patch of a row of tiles, a row or two of B^T at a time; neighbours share transformed columns");
        code.Line("//   row: floats of a row of the map; matrix: floats of each of the 36 matrices of v");
        code.Line("[MethodImpl(Hot)]");
        using (code.Block($"private static void {InputMethod(form)}(float* x, float* v, int channels, int tiles, nint row, nint matrix)"))
        using (code.Block($"for (int c = 0; c < channels; c += {writer.Lanes})"))
        {
            code.Line("F e, o;");
            foreach (int[] rows in (int[][])[[0], [1, 2], [3, 4], [5]])
            {
                using (code.Block(""))
                {
                    int[] read = rows[0] switch { 0 => [0, 2, 4], 5 => [1, 3, 5], _ => [1, 2, 3, 4] };
                    code.Line($"float* {string.Join(", ", read.Select(static r => $"d{r} = {(r == 0 ? "x + c" : $"x + {(r == 1 ? "" : $"{r} * ")}row + c")}"))};");
                    code.Line($"float* {string.Join(", ", rows.Select(static r => $"v{r} = v + {(r == 0 ? "" : $"{6 * r} * matrix + ")}c"))}, to;");
                    code.Line("nint at = 0;");
                    for (int column = 0; column < kept; column++) EmitColumn(rows, column);
                    using (code.Block("for (int t = 0; t < tiles; t++)"))
                    {
                        for (int column = kept; column < 6; column++) EmitColumn(rows, column);
                        foreach (int r in rows) EmitRow(r);
                        code.Line(string.Join(" ", rows.SelectMany(r => Enumerable.Range(0, kept).Select(c => $"t{r}{c} = t{r}{c + form.Output};"))));
                    }
                }
            }
        }

        void EmitColumn(int[] rows, int column)
        {
            string Load(int r) => $"V.Load(d{r} + at)";
            string T(int r) => $"t{r}{column}";
            if (rows.Length == 1)
            {
                code.Line($"F {T(rows[0])} = {Ends(rows[0], Load)}; at += channels;");
                return;
            }

            (double own, double other) = Pair(rows[0]);
            code.Line($"e = {Add(-other, Load(2), Load(4))}; o = {Add(-other, Load(1), Load(3))}; F {T(rows[0])} = {Add(own, "o", "e")}, {T(rows[1])} = {Add(-own, "o", "e")}; at += channels;");
        }

        void EmitRow(int r)
        {
            string T(int c) => $"t{r}{c}";
            code.Line($"to = v{r}; v{r} += channels; ({Ends(0, T)}).Store(to); to += matrix;");
            foreach (int first in (int[])[1, 3])
            {
                (double own, double other) = Pair(first);
                code.Line($"e = {Add(-other, T(2), T(4))}; o = {Add(-other, T(1), T(3))}; {Add(own, "o", "e")}.Store(to); to += matrix; {Add(-own, "o", "e")}.Store(to); to += matrix;");
            }

            code.Line($"({Ends(5, T)}).Store(to);");
        }

        // The first row of B^T, and the last, which is the same over the elements behind.
        string Ends(int row, Func<int, string> of)
        {
            int from = row == 0 ? 0 : 1;
            return Add(A2 * B2, of(from), Add(-(A2 + B2), of(from + 2), of(from + 4)));
        }

        (double Own, double Other) Pair(int row) => row == 1 ? (A, B2) : (B, A2);

        string Add(double factor, string value, string to) => $"V.{writer.Target.MultiplyAdd}({Constant(factor)}, {value}, {to})";
    }

    /// <summary>Emits v0, v1, ... = A^T m A of the elements at <c>from</c>, which lie <paramref name="matrix"/> floats apart.</summary>
    public static void EmitInverse(KernelWriter writer, WinogradForm form, int matrix)
    {
        for (int c = 0; c < 6; c++)
            EmitOutputs(writer, form, $"{c}", r => $"V.Load({KernelWriter.Plus("from", ((6 * r) + c) * matrix)})", i => $"s{i}{c}");
        for (int i = 0; i < form.Output; i++)
            EmitOutputs(writer, form, $"r{i}", c => $"s{i}{c}", j => $"v{(form.Output * i) + j}");
    }

    /// <summary>One line of A^T m: the outputs of six values.</summary>
    private static void EmitOutputs(KernelWriter writer, WinogradForm form, string tag, Func<int, string> m, Func<int, string> y)
    {
        string Add(double factor, string value, string to) => $"V.{writer.Target.MultiplyAdd}({Constant(factor)}, {value}, {to})";
        var lines = new List<string>
        {
            $"F g{tag} = {m(1)}, h{tag} = {m(2)}, p{tag} = g{tag} + h{tag}, q{tag} = g{tag} - h{tag}; g{tag} = {m(3)}; h{tag} = {m(4)}; F P{tag} = g{tag} + h{tag}, Q{tag} = g{tag} - h{tag};",
            $"F {y(0)} = {m(0)} + p{tag} + P{tag};",
        };
        if (form.Output == 2) lines.Add($"F {y(1)} = {Add(A, $"q{tag}", Add(B, $"Q{tag}", m(5)))};");
        else
        {
            lines.Add($"F {y(1)} = {Add(A, $"q{tag}", $"{Constant(B)} * Q{tag}")}, {y(2)} = {Add(A2, $"p{tag}", $"{Constant(B2)} * P{tag}")};");
            lines.Add($"F {y(3)} = {Add(A2 * A, $"q{tag}", Add(B2 * B, $"Q{tag}", m(5)))};");
        }

        writer.Code.Line(string.Join(" ", lines));
    }

    /// <summary>The call that makes u = G g G^T of vectors of filters; taps lie <paramref name="tap"/> floats apart, elements of the result <paramref name="element"/>.</summary>
    public static string FilterCall(WinogradForm form, int tap, int element) => $"{FilterMethod(form)}(w, u, {tap}, {element});";

    /// <summary>Emits the method that it calls, which all layers of the form share.</summary>
    public static void EmitFilterMethod(KernelWriter writer, WinogradForm form)
    {
        if (!writer.Once(FilterMethod(form))) return;
        Emission.CodeWriter code = writer.Code;
        int taps = form.Filter;
        code.Line();
        code.Line($"// u = G g G^T of a vector of filters, G = {FilterMatrix}");
        code.Line("[MethodImpl(Hot)]");
        using (code.Block($"private static void {FilterMethod(form)}(float* w, float* u, nint tap, nint element)"))
        {
            for (int i = 0; i < taps; i++)
                code.Line($"F {string.Join(", ", Enumerable.Range(taps * i, taps).Select(static k => $"w{k} = V.Load({(k == 0 ? "w" : k == 1 ? "w + tap" : $"w + {k} * tap")})"))};");
            for (int c = 0; c < taps; c++) EmitPoints(writer, taps, i => $"w{(taps * i) + c}", (r, value) => $"F r{r}{c} = {value};", $"c{c}", normed: true);
            for (int r = 0; r < 6; r++) EmitPoints(writer, taps, c => $"r{r}{c}", (_, value) => $"({value}).Store(u); u += element;", $"r{r}", normed: true);
        }
    }

    /// <summary>Emits the transform of the output's gradient at <c>d</c> to <c>to</c>: z = A dz A^T.</summary>
    public static void EmitGradient(KernelWriter writer, WinogradForm form, ConvGeometry g, int dzRow, int matrix)
    {
        int m = form.Output;
        for (int c = 0; c < m; c++)
            EmitPoints(writer, m, i => $"V.Load({KernelWriter.Plus("d", (i * dzRow) + (c * g.KStored))})", (r, value) => $"F r{r}{c} = {value};", $"c{c}", normed: false);
        for (int r = 0; r < 6; r++)
            EmitPoints(writer, m, c => $"r{r}{c}", (c, value) => $"({value}).Store({KernelWriter.Plus("to", ((6 * r) + c) * matrix)});", $"r{r}", normed: false);
    }

    /// <summary>The polynomial with <paramref name="count"/> coefficients at all points; for G over the distances of the point.</summary>
    private static void EmitPoints(KernelWriter writer, int count, Func<int, string> coefficient, Func<int, string, string> assign, string tag, bool normed)
    {
        string Sum(double point, double norm, int from)
        {
            string sum = "";
            for (int power = from; power < count; power += 2)
            {
                double factor = norm * Math.Pow(point, power);
                sum = sum.Length > 0 ? $"V.{writer.Target.MultiplyAdd}({Constant(factor)}, {coefficient(power)}, {sum})" : factor == 1 ? coefficient(power) : $"{Constant(factor)} * {coefficient(power)}";
            }

            return sum;
        }

        var lines = new List<string> { assign(0, normed ? $"{Constant(N0)} * {coefficient(0)}" : coefficient(0)) };
        foreach ((int first, double point, double norm) in (ReadOnlySpan<(int, double, double)>)[(1, A, NA), (3, B, NB)])
        {
            lines.Add($"F e{tag}{first} = {Sum(point, normed ? norm : 1, 0)}, o{tag}{first} = {Sum(point, normed ? norm : 1, 1)};");
            lines.Add(assign(first, $"e{tag}{first} + o{tag}{first}"));
            lines.Add(assign(first + 1, $"e{tag}{first} - o{tag}{first}"));
        }

        lines.Add(assign(5, coefficient(count - 1)));
        writer.Code.Line(string.Join(" ", lines));
    }

    /// <summary>Emits the transform of a unit's sums, m[36][count], to the gradient of its taps, g[taps][count]: G^T m G.</summary>
    public static void EmitTaps(KernelWriter writer, WinogradForm form, int count)
    {
        int taps = form.Filter;
        for (int c = 0; c < 6; c++) EmitAdjoint(writer, taps, $"{c}", r => $"V.Load({KernelWriter.Plus("m", ((6 * r) + c) * count)} + i)", (i, value) => $"F t{i}{c} = {value};");
        for (int r = 0; r < taps; r++) EmitAdjoint(writer, taps, $"r{r}", c => $"t{r}{c}", (j, value) => $"({value}).Store({KernelWriter.Plus("g", ((taps * r) + j) * count)} + i);");
    }

    private static void EmitAdjoint(KernelWriter writer, int taps, string tag, Func<int, string> m, Func<int, string, string> assign)
    {
        string Add(double factor, string value, string to) => $"V.{writer.Target.MultiplyAdd}({Constant(factor)}, {value}, {to})";
        var lines = new List<string>
        {
            $"F g{tag} = {m(1)}, h{tag} = {m(2)}, p{tag} = g{tag} + h{tag}, q{tag} = g{tag} - h{tag}; g{tag} = {m(3)}; h{tag} = {m(4)}; F P{tag} = g{tag} + h{tag}, Q{tag} = g{tag} - h{tag};",
        };
        for (int j = 0; j < taps; j++)
        {
            (string first, string second) = j % 2 == 0 ? ($"p{tag}", $"P{tag}") : ($"q{tag}", $"Q{tag}");
            double a = NA * Math.Pow(A, j), b = NB * Math.Pow(B, j);
            string rest = j == 0 ? $"{Constant(N0)} * {m(0)}" : j == taps - 1 ? m(5) : "";
            lines.Add(assign(j, Add(a, first, rest.Length > 0 ? Add(b, second, rest) : $"{Constant(b)} * {second}")));
        }

        writer.Code.Line(string.Join(" ", lines));
    }

    private static string Constant(double value) => $"V.Create({Emission.CodeWriter.Literal(value)})";
}
