using Microsoft.CodeAnalysis.CSharp;

namespace Convoke.Generator.Tests;

/// <summary>C# that Forward cannot use is refused at the sub-expression; nothing that compiles makes the generator or the analyzer fall over.</summary>
public class UnreadableForwardTests
{
    [Theory]
    [InlineData("if ({|Environment.ProcessorCount|} > 1) x = Relu(x); return x;", "the property ProcessorCount, whose value is not known then")]
    [InlineData("int n = {|s_count|}; return x;", "the field s_count, which is not const")]
    [InlineData("{|s_count|} = 1; return x;", "an assignment to anything but a local variable")]
    [InlineData("for (int i = 0; i < {|Count()|}; i++) x = Relu(x); return x;", "a call of Count", "static int Count() => 1;", false)]
    [InlineData("return {|Math.Max(1, 2)|} > 1 ? x : Relu(x);", "Max, whose body is not in this project")]
    [InlineData("Func<Sym, Sym> f = {|Relu|}; return f(x);", "a delegate")]
    [InlineData("Func<Sym, Sym> f = {|y => Relu(y)|}; return f(x);", "a delegate")]
    [InlineData("return {|Inner(x)|}; static Sym Inner(Sym y) => Relu(y);", "the local function Inner")]
    [InlineData("{|try { x = Relu(x); } finally { }|} return x;", "try")]
    [InlineData("{|throw new Exception();|}", "throw")]
    [InlineData("{|goto end;|} end: return x;", "goto")]
    [InlineData("{|lock (x) { }|} return x;", "lock")]
    [InlineData("var list = {|new System.Collections.Generic.List<Sym>()|}; return x;", "new List")]
    [InlineData("var a = {|new int[3]|}; return x;", "an array without its elements")]
    [InlineData("int[] a = [1]; {|a[0]|} = 2; return x;", "an assignment to anything but a local variable")]
    [InlineData("int[] a = [1]; int n = {|a[1]|}; return x;", "element 1 of 1")]
    [InlineData("int zero = 0, n = {|1 / zero|}; return x;", "a division by zero")]
    [InlineData("int n = int.MaxValue; n = {|checked(n + 1)|}; return x;", "an overflow", "", false)]
    [InlineData("var y = x; return {|y == x|} ? x : Relu(x);", "this comparison")]
    [InlineData("foreach (char c in {|\"ab\"|}) x = Relu(x); return x;", "this collection")]
    [InlineData("x = {|Block(x, -1)|}; return x;", "a layer's index that is not a constant of at least 0", "", false)]
    [InlineData("Sym? y = null; return {|Relu(y!)|};", "null as an input")]
    [InlineData("return x switch { {|Sym y|} => Relu(y) };", "this pattern")]
    [InlineData("Take({|ref x|}); return x;", "Take, which has a ref or out parameter", "static void Take(ref Sym y) { }", false)]
    [InlineData("return {|new M2().Get(x)|};", "Get, which is no plain static method", "class M2 { public Sym Get(Sym y) => y; }")]
    [InlineData("return Upsample(x, {|0|});", "a factor that is not a constant of 1 to 1024")]
    [InlineData("int n = 1 << 11; return Upsample(x, 1, {|n|});", "a factor that is not a constant of 1 to 1024")]
    [InlineData("return LeakyRelu(slope: {|double.NaN|}, x: x);", "a slope that is not a constant, finite number")]
    [InlineData("return LeakyRelu(x, {|Environment.TickCount|});", "the property TickCount, whose value is not known then")]
    [InlineData("dynamic d = {|x|}; return x;", "a conversion to dynamic")]
    [InlineData("object o = {|1|}; return x;", "a conversion to object")]
    [InlineData("Span<int> a = {|stackalloc int[2]|}; return x;", "", "", false)]
    [InlineData("unsafe { int n = 1; int* p = {|&n|}; } return x;", "", "", false)]
    [InlineData("string s = {|$\"{x}\"|}; return x;", "an interpolated string")]
    [InlineData("using var m = {|new System.IO.MemoryStream()|}; return x;", "", "", false)]
    [InlineData("Block(index: 0, x: x).ToString(); return x;", "", "", false)]
    [InlineData("ref Sym y = ref x; y = Relu(x); return x;", "", "", false)]
    [InlineData("foreach (Sym y in Many(x)) x = y; return x;", "", "static System.Collections.Generic.IEnumerable<Sym> Many(Sym y) { yield return y; }", false)]
    [InlineData("return Awaited(x).Result;", "", "static async System.Threading.Tasks.Task<Sym> Awaited(Sym y) { await System.Threading.Tasks.Task.Yield(); return y; }", false)]
    [InlineData("return Outer.Of(x);", "", "static class Outer { public static extern Sym Of(Sym y); }", false)]
    [InlineData("return Twice(Relu, x);", "", "static Sym Twice(Func<Sym, Sym> f, Sym y) => f(f(y));", false)]
    [InlineData("var r = new { A = x }; return r.A;", "", "", false)]
    [InlineData("while (x is not null) x = Relu(x); return x;", "", "", false)]
    [InlineData("return x ?? throw new Exception();", "", "", false)]
    [InlineData("int? n = 1; if (n is { } m) x = Relu(x); return x;", "", "", false)]
    [InlineData("byte b = 1; b += 1; return x;", "", "", false)]
    [InlineData("checked { byte b = 1; b++; } return x;", "", "", false)]
    [InlineData("decimal d = 1; d = d * 2; return x;", "", "", false)]
    [InlineData("int i = 0; (i, x) = (i + 1, Relu(x)); i <<= 2; i >>>= 1; i ^= 3; i = ~i; return x;", "", "", false)]
    [InlineData("var e = new[] { 1, 2 }.Select(static n => n + 1); return x;", "", "", false)]
    [InlineData("nint n = 3; n = n + 1; return x;", "", "", false)]
    [InlineData("return typeof(Sym).Name.Length > 2 ? x : Relu(x);", "", "", false)]
    [InlineData("int[,] a = { { 1 } }; return x;", "", "", false)]
    [InlineData("int[] a = [1, 2]; int n = a[^1]; return x;", "", "", false)]
    [InlineData("(int A, (Sym B, double) C) t = (1, (x, 2)); return t.C.B;", "", "", false)]
    public async Task Refused_or_read_but_never_a_crash(string body, string what, string more = "", bool exact = true)
    {
        string marked = ForwardNet.Source($"private static Sym Forward(Sym x) {{ x = Wired(x); return Head(Flatten(x)); }}\nprivate static Sym Wired(Sym x) {{ {body.Replace("{|", "{|CVK0202:", StringComparison.Ordinal)} }}\n{more}\nprivate static int s_count;");
        if (exact)
        {
            (string text, var marks) = Markup.Read(marked);
            var found = (await Harness.Analyze(Harness.Compile(text))).Where(static d => d.Id is "CVK0202" or "CVK0203").ToArray();
            Assert.Equal(marks, found.Select(static d => (d.Id, d.Location.SourceSpan)));
            Assert.Equal(
                $"Forward is read while the program compiles, and {what} cannot be read then; constants, local variables, static methods of this project and calls of layers can",
                found[0].GetMessage(System.Globalization.CultureInfo.InvariantCulture));
        }
        else
        {
            CSharpCompilation compilation = Harness.Compile(Markup.Read(marked).Text);
            await Harness.Analyze(compilation);
            Assert.Null(Harness.Driver().RunGenerators(compilation).GetRunResult().Results[0].Exception);
        }
    }

    [Theory]
    [InlineData("while (true) {|x = Relu(x)|};", "it calls more than 4096 layers and operations", true)]
    [InlineData("for (;;) { {|;|} } ", "it takes more than 100000 steps", false)]
    [InlineData("return {|Wired(x)|};", "calls are nested more than 64 deep", true)]
    public async Task Limits(string body, string why, bool exact)
    {
        string source = ForwardNet.Source($"private static Sym Forward(Sym x) => Wired(x);\nprivate static Sym Wired(Sym x) {{ {body.Replace("{|x = ", "x = {|", StringComparison.Ordinal).Replace("{|", "{|CVK0203:", StringComparison.Ordinal)} }}");
        (string text, var marks) = Markup.Read(source);
        var found = Assert.Single(await Harness.Analyze(Harness.Compile(text)), static d => d.Id == "CVK0203");
        Assert.Equal($"Forward is read while the program compiles, but {why}", found.GetMessage(System.Globalization.CultureInfo.InvariantCulture));
        if (exact) Assert.Equal(marks[0].Span, found.Location.SourceSpan);
    }

    /// <summary>The compiler says what does not compile; a second message would only repeat it.</summary>
    [Theory]
    [InlineData("return Missing(x);")]
    [InlineData("int n = \"a\"; return Relu(x);")]
    [InlineData("return Relu(x, x);")]
    [InlineData("return Relu(1);")]
    [InlineData("Sym y; return y;")]
    [InlineData("return")]
    [InlineData("x = Softmax(x) return Relu(x);")]
    [InlineData("foreach (var y in x) { } return x;")]
    [InlineData("return x + 1;")]
    [InlineData("if (x) return x; return x;")]
    [InlineData("Sym x = x; return x;")]
    public async Task What_does_not_compile_is_left_to_the_compiler(string body)
    {
        CSharpCompilation compilation = Harness.Compile(ForwardNet.Source($"private static Sym Forward(Sym x) {{ {body} }}"));
        Assert.DoesNotContain(await Harness.Analyze(compilation), static d => d.Id is "CVK0202" or "CVK0203");
        Assert.Null(Harness.Driver().RunGenerators(compilation).GetRunResult().Results[0].Exception);
    }

    /// <summary>Neither a sum of ten thousand terms nor ten thousand nested calls overflow the stack of the generator.</summary>
    /// <remarks>On a stack of its own: how deep the compiler binds on the stack of a test host depends on what is compiled just in time there.</remarks>
    [Theory]
    [InlineData("x", " + x", "")]
    [InlineData("", "Relu(", "x")]
    public void Deep_expressions(string first, string repeated, string last)
    {
        string deep = first + string.Concat(Enumerable.Repeat(repeated, 10_000)) + last + (last.Length > 0 ? new string(')', 10_000) : "");
        Exception? failure = null;
        var thread = new Thread(() => failure = Record.Exception(() =>
        {
            CSharpCompilation compilation = Harness.Compile(ForwardNet.Source($"private static Sym Forward(Sym x) => Head(Flatten({deep}));"));
            Assert.Null(Harness.Driver().RunGenerators(compilation).GetRunResult().Results[0].Exception);
        }), 512 << 20);
        thread.Start();
        thread.Join();
        Assert.Null(failure);
    }
}
