using System.Globalization;
using System.Text.RegularExpressions;

namespace Convoke.Kernels.Tests.Emission;

/// <summary>The emitted text itself: pinned for the reference programs, within the JIT's limits, and the same in every culture.</summary>
public partial class EmittedTextTests
{
    /// <summary>Above about a thousand tracked locals, or some 50 KB of IL, the JIT gives up optimising; microkernels stay far below.</summary>
    private const int MostMultiplyAdds = 800, MostLocals = 300;

    [Theory, InlineData("A"), InlineData("B")]
    public Task Passes(string program)
    {
        var log = new System.Text.StringBuilder();
        CompiledModel model = Compiler.Compile(program == "A" ? Models.A : Models.B, (pass, text) => log.Append("== ").Append(pass).Append('\n').Append(text));
        return Verify(log.Append("== summary\n").Append(model.Summary).ToString(), parameters: program);
    }

    [Theory, InlineData("A", 512), InlineData("A", 128), InlineData("B", 512), InlineData("B", 256)]
    public Task Kernels(string program, int bits) =>
        Verify(Compiler.Compile(program == "A" ? Models.A : Models.B).Cpu.Single(c => c.VectorBits == bits).Text, "cs", $"{program}_{bits}");

    [Theory, InlineData("A"), InlineData("B")]
    public Task CudaKernels(string program) => Verify(Compiler.Compile(program == "A" ? Models.A : Models.B).Cuda.Text, "cu", program);

    [Fact]
    public void Microkernels_stay_within_the_budget_of_the_JIT()
    {
        for (int seed = 0; seed < 120; seed++)
        {
            foreach (CpuSource source in Compiler.Compile(seed % 2 == 0 ? RandomModels.Model(seed / 2) : RandomGraphs.Model(seed / 2)).Cpu)
            {
                foreach (string method in source.Text.Split("    private static ").Skip(1))
                {
                    string name = method[..method.IndexOf('(', StringComparison.Ordinal)];
                    Assert.True(MultiplyAdd().Count(method) <= MostMultiplyAdds, $"seed {seed}, {source.VectorBits} bits: {name} has {MultiplyAdd().Count(method)} multiply-adds");
                    int locals = Local().Matches(method).Select(static m => m.Value).Distinct().Count();
                    Assert.True(locals <= MostLocals, $"seed {seed}, {source.VectorBits} bits: {name} has {locals} locals");
                }
            }
        }
    }

    [Fact]
    public void Culture_does_not_reach_the_text()
    {
        CompiledModel model = Compiler.Compile(Models.B);
        string[] plain = [.. model.Cpu.Select(static c => c.Text)];
        CultureInfo before = CultureInfo.CurrentCulture;
        try
        {
            CultureInfo.CurrentCulture = CultureInfo.GetCultureInfo("fi-FI");
            Assert.Equal(plain, Compiler.Compile(Models.B).Cpu.Select(static c => c.Text));
            Assert.Equal(model.Cuda.Text, Compiler.Compile(Models.B).Cuda.Text);
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [GeneratedRegex(@"\bV\.(FusedMultiplyAdd|MultiplyAddEstimate)\(")]
    private static partial Regex MultiplyAdd();

    [GeneratedRegex(@"\b[a-z]\w* = ")]
    private static partial Regex Local();
}
