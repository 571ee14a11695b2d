using System.Globalization;
using System.Text;

namespace Convoke.Generator.Tests;

/// <summary>Writes random, well-formed Forward methods out of everything that the interpreter claims to understand.</summary>
/// <remarks>
/// What is written compiles and ends: loops have constant bounds, and helpers call only those before them. Shapes are not looked at, since neither the trace nor the
/// interpreter does.
/// </remarks>
/// <param name="seed">Decides it.</param>
/// <param name="inputs">Parameters of Forward, images and rows.</param>
internal sealed class RandomForward(int seed, int inputs = 1)
{
    private readonly Random _random = new(seed);
    private readonly StringBuilder _text = new();
    private int _names;
    private int _helpers;

    /// <summary>Members of a model: helpers, then Forward.</summary>
    public string Members()
    {
        var helpers = new StringBuilder();
        for (int count = _random.Next(3); _helpers < count; _helpers++)
        {
            _text.Clear();
            Body(["x"], ["n"], depth: 1);
            helpers.Append(Invariant($"private static Sym Helper{_helpers}(Sym x, int n = {_random.Next(4)}) {{ {_text} return {Sym(["x"], ["n"], 1)}; }}\n"));
        }

        _text.Clear();
        List<string> values = [.. Enumerable.Range(0, inputs).Select(static i => i == 0 ? "x" : Invariant($"x{i}"))];
        string parameters = inputs == 1 ? "Sym x" : string.Join(", ", values.Select((value, i) => Invariant($"[Shape({(i % 2 == 0 ? TracingTests.Huge : "7")})] Sym {value}")));
        Body(values, [], depth: 0);
        bool tuple = _random.Next(4) == 0;

        // A helper may return what it was given, and the input as it came is no output.
        string result = tuple ? $"(Relu({Call(values, [], 1)}), Pool({Call(values, [], 1)}))" : $"Relu({Call(values, [], 1)})";
        return helpers + "private static Sym Joined(Sym first, Sym second) => Concat(second, first);\nprivate const int Four = 4; private static ReadOnlySpan<int> Table => [3, 1, 2];\n"
            + $"private static {(tuple ? "(Sym First, Sym Second)" : "Sym")} Forward({parameters}) {{ {_text} return {result}; }}";
    }

    private void Body(List<string> values, List<string> numbers, int depth)
    {
        for (int i = _random.Next(1, 5); i > 0; i--) Statement(values, numbers, depth);
    }

    /// <summary>Names declared inside of a block are dropped at its end, so lists are copied for blocks.</summary>
    private void Statement(List<string> values, List<string> numbers, int depth)
    {
        switch (_random.Next(depth > 2 ? 6 : 13))
        {
            case 0:
                string value = Name("v");
                _text.Append(CultureInfo.InvariantCulture, $"{(_random.Next(2) == 0 ? "var" : "Sym")} {value} = {Sym(values, numbers, depth)}; ");
                values.Add(value);
                break;
            case 1:
                string number = Name("n");
                _text.Append(CultureInfo.InvariantCulture, $"int {number} = {Int(numbers, depth)}; ");
                numbers.Add(number);
                break;
            case 2:
                _text.Append(CultureInfo.InvariantCulture, $"{Pick(values)} {(_random.Next(5) == 0 ? _random.Next(2) == 0 ? "+=" : "*=" : "=")} {Sym(values, numbers, depth)}; ");
                break;
            case 3 when numbers.Exists(static n => n[0] == 'n'):
                _text.Append(CultureInfo.InvariantCulture, $"{Pick(numbers.FindAll(static n => n[0] == 'n'))}{((string[])["++", "--", " += 2", " *= 3", " -= 1", " ^= 5"])[_random.Next(6)]}; ");
                break;
            case 4:
                string a = Name("v"), b = Name("n");
                _text.Append(CultureInfo.InvariantCulture, $"var ({a}, {b}) = ({Sym(values, numbers, depth)}, {Int(numbers, depth)}); ");
                values.Add(a);
                numbers.Add(b);
                break;
            case 5:
                string t = Name("t");
                _text.Append(CultureInfo.InvariantCulture, $"(Sym Left, (int Inner, Sym Right) More) {t} = ({Sym(values, numbers, depth)}, ({Int(numbers, depth)}, {Sym(values, numbers, depth)})); ");
                values.Add(Copy(t + ".Left"));
                values.Add(Copy(t + ".More.Right"));
                break;
            case 6:
                string i = Name("i");
                Block($"for (int {i} = 0; {i} < {_random.Next(4)}; {i}++)", values, [.. numbers, i], depth, loop: i);
                break;
            case 7:
                string e = Name("i");
                Block($"foreach ({(_random.Next(2) == 0 ? "int" : "var")} {e} in {Numbers(numbers, depth)})", values, [.. numbers, e], depth, loop: e);
                break;
            case 8:
                string s = Name("e");
                Block($"foreach (Sym {s} in new[] {{ {Sym(values, numbers, depth)}, {Sym(values, numbers, depth)} }})", [.. values, s], numbers, depth, readOnly: s);
                break;
            case 9:
                Block($"if ({Bool(numbers, depth)})", values, numbers, depth);
                if (_random.Next(2) == 0) Block("else", values, numbers, depth);
                break;
            case 10:
                string w = Name("w");
                _text.Append(CultureInfo.InvariantCulture, $"int {w} = {_random.Next(3)}; ");
                Block($"while ({w}-- > 0)", values, numbers, depth);
                break;
            case 11:
                _text.Append(CultureInfo.InvariantCulture, $"switch ({Int(numbers, depth)}) {{ case 1: {Pick(values)} = {Sym(values, numbers, 2)}; break; case > 2 and < 7: {Pick(values)} = {Sym(values, numbers, 2)}; break; default: {Pick(values)} = {Sym(values, numbers, 2)}; break; }} ");
                break;
            default:
                string d = Name("d");
                _text.Append(CultureInfo.InvariantCulture, $"int {d} = {_random.Next(3)}; ");
                Block("do", values, numbers, depth);
                _text.Append(CultureInfo.InvariantCulture, $"while (--{d} > 0); ");
                break;
        }
    }

    private string Copy(string expression)
    {
        string name = Name("v");
        _text.Append(CultureInfo.InvariantCulture, $"Sym {name} = {expression}; ");
        return name;
    }

    private void Block(string head, List<string> values, List<string> numbers, int depth, string? loop = null, string? readOnly = null)
    {
        _text.Append(head).Append(" { ");
        if (loop is not null && _random.Next(3) == 0) _text.Append(CultureInfo.InvariantCulture, $"if ({loop} == {_random.Next(3)}) {(_random.Next(2) == 0 ? "continue" : "break")}; ");
        List<string> inner = [.. values];
        if (readOnly is not null)
        {
            // An element of foreach cannot be assigned: its copy can.
            inner.Remove(readOnly);
            inner.Add(Copy(readOnly));
        }
        Body(inner, [.. numbers], depth + 1);
        _text.Append("} ");
    }

    private string Sym(List<string> values, List<string> numbers, int depth)
    {
        if (depth > 3 || _random.Next(4) == 0) return Pick(values);
        return _random.Next(12) switch
        {
            10 => $"Joined(second: {Sym(values, numbers, depth + 1)}, first: {Sym(values, numbers, depth + 1)})",
            11 => $"({Pick(values)} = {Sym(values, numbers, depth + 1)})",
            0 => $"({Sym(values, numbers, depth + 1)} + {Sym(values, numbers, depth + 1)})",
            1 => $"{Atom(values, numbers, depth)} * {Atom(values, numbers, depth)}",
            2 => $"Concat({Sym(values, numbers, depth + 1)}, {Sym(values, numbers, depth + 1)}, {Pick(values)})",
            3 => $"Concat([{Sym(values, numbers, depth + 1)}, {Pick(values)}])",
            4 => $"({Bool(numbers, depth)} ? {Sym(values, numbers, depth + 1)} : {Sym(values, numbers, depth + 1)})",
            5 => $"({Int(numbers, depth + 1)} switch {{ 0 => {Sym(values, numbers, depth + 2)}, 1 or 2 => {Pick(values)}, _ => {Sym(values, numbers, depth + 2)} }})",
            6 => $"Block(index: {Index(numbers)}, x: {Sym(values, numbers, depth + 1)})",
            _ => Call(values, numbers, depth),
        };
    }

    private string Atom(List<string> values, List<string> numbers, int depth) => "(" + Sym(values, numbers, depth + 1) + ")";

    private string Call(List<string> values, List<string> numbers, int depth)
    {
        string x = Sym(values, numbers, depth + 1);
        int choice = _random.Next(_helpers > 0 ? 10 : 8);
        if (_random.Next(3) == 0) return General(x, numbers);
        return choice switch
        {
            0 => $"Relu({x})",
            1 => $"Softmax({x})",
            2 => $"Flatten({x})",
            3 => $"Conv({x})",
            4 => $"Pool({x})",
            5 => $"Drop({x})",
            6 => $"Hidden({x})",
            7 => $"Block({x}, {Index(numbers)})",
            8 => $"Helper{_random.Next(_helpers)}({x})",
            _ => $"Helper{_random.Next(_helpers)}(n: {Int(numbers, 2)}, x: {x})",
        };
    }

    /// <summary>What no chain of convolutions, pooling and dense layers has.</summary>
    private string General(string x, List<string> numbers) => _random.Next(18) switch
    {
        0 => $"LeakyRelu({x})",
        1 => $"LeakyRelu({x}, 0.25 * {Index(numbers)})",
        2 => $"LeakyRelu(slope: -{Index(numbers)}, x: {x})",
        3 => $"Gelu({x})",
        4 => $"Silu({x})",
        5 => $"Sigmoid({x})",
        6 => $"Tanh({x})",
        7 => $"LogSoftmax({x})",
        8 => $"GlobalAveragePool({x})",
        9 => $"GlobalMaxPool({x})",
        10 => $"Upsample({x}, {Index(numbers)} + 1)",
        11 => $"Upsample(width: {Index(numbers)} + 2, x: {x}, height: 1)",
        12 => $"Strided({x})",
        13 => $"Cell({x}, {Index(numbers)})",
        14 => $"Norm({x})",
        15 => $"Mean({x})",
        16 => $"Whole({x})",
        _ => $"Up({x})",
    };

    /// <summary>An index is never negative; a remainder may be.</summary>
    private string Index(List<string> numbers) => numbers.Count == 0 ? _random.Next(3).ToString(CultureInfo.InvariantCulture) : $"({Pick(numbers)} & 3)";

    private string Int(List<string> numbers, int depth) => _random.Next(depth > 2 ? 3 : 9) switch
    {
        0 => _random.Next(6).ToString(CultureInfo.InvariantCulture),
        1 => "Four",
        2 => numbers.Count > 0 ? Pick(numbers) : "2",
        3 => $"({Int(numbers, depth + 1)} {((string[])["+", "-", "*", "&", "|", "<<"])[_random.Next(6)]} {Int(numbers, depth + 1)})",
        4 => $"({Int(numbers, depth + 1)} {(_random.Next(2) == 0 ? "/" : "%")} {_random.Next(1, 5)})",
        5 => $"({Bool(numbers, depth + 1)} ? {Int(numbers, depth + 1)} : {Int(numbers, depth + 1)})",
        6 => $"(int)({Int(numbers, depth + 1)} * 0.75)",
        7 => "Table[1]",
        _ => $"-{Int(numbers, 3)}",
    };

    private string Bool(List<string> numbers, int depth) => _random.Next(5) switch
    {
        0 => $"{Int(numbers, depth + 1)} < {Int(numbers, depth + 1)}",
        1 => $"{Int(numbers, depth + 1)} == {Int(numbers, depth + 1)} || {Int(numbers, depth + 1)} > 1",
        2 => $"!({Int(numbers, depth + 1)} % 2 == 0) && {Int(numbers, depth + 1)} != 3",
        3 => $"{Int(numbers, depth + 1)} is > 0 and not 2",
        _ => _random.Next(2) == 0 ? "true" : "(1L << 40) > Four",
    };

    private string Numbers(List<string> numbers, int depth) => _random.Next(5) switch
    {
        0 => "Table",
        1 => $"new[] {{ {Int(numbers, depth)}, {Int(numbers, depth)} }}",
        2 => "System.Linq.Enumerable.Range(1, 2)",
        3 => $"(int[])[{Int(numbers, depth)}, .. Table]",
        _ => "new int[] { 2, 0 }",
    };

    private string Pick(List<string> from) => from[_random.Next(from.Count)];

    private string Name(string stem) => stem + (_names++).ToString(CultureInfo.InvariantCulture);

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
