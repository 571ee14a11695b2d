using System.Security.Cryptography;
using System.Text;
using Convoke.Kernels;
using Compiler = Convoke.Kernels.Compiler;

namespace Convoke.Cuda.Tests.Kernels;

/// <summary>What NVRTC 12.4 made of programs A and B, committed: it runs on the emulator on machines that have no NVRTC, and is derived anew where there is one.</summary>
public class GoldenPtxTests
{
    [Theory, InlineData("A"), InlineData("B")]
    public void Golden_kernels_agree_with_the_interpreter(string program) => KernelComparison.Run(Model(program), Current(program), seed: 2, n: 3);

    [Theory, InlineData("A"), InlineData("B")]
    public void Golden_kernels_are_those_of_today(string program) => Current(program);

    /// <summary>The committed PTX, once it is known to be of today's text: kernels of another one may read a record of another form, and never end.</summary>
    /// <remarks>The first line names the text that the PTX was made of. NVRTC's own output does not do for a comparison: it varies a little from process to process.</remarks>
    private static string Current(string program)
    {
        string today = $"// of CUDA C with SHA-256 {Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(Model(program).Cuda.Text)))}";
        if (Environment.GetEnvironmentVariable("UPDATE_SNAPSHOTS") == "1" && Environment.GetEnvironmentVariable("CI") is null or "" && KernelCompiler.Default.Version == new Version(12, 4))
            File.WriteAllText(Golden(program), $"{today}\n{Plain(EmulatedProgram.Compile(Model(program)))}");
        string committed = File.ReadAllText(Golden(program));
        Assert.True(committed.StartsWith(today + "\n", StringComparison.Ordinal), $"{Golden(program)} is of another text than is emitted now; with NVRTC 12.4, UPDATE_SNAPSHOTS=1 dotnet test makes it anew");
        return committed;
    }

    /// <summary>Without lines of the source, which name the folder of whoever compiled it.</summary>
    private static string Plain(string ptx)
    {
        int debug = ptx.IndexOf("\t.section", StringComparison.Ordinal);
        IEnumerable<string> lines = (debug < 0 ? ptx : ptx[..debug]).Split('\n').Where(static line => !line.StartsWith("\t.loc", StringComparison.Ordinal) && !line.StartsWith("\t.file", StringComparison.Ordinal));
        return string.Join('\n', lines).TrimEnd() + "\n";
    }

    private static CompiledModel Model(string program) => Compiler.Compile(program == "A" ? Convoke.Kernels.Tests.Models.A : Convoke.Kernels.Tests.Models.B);

    private static string Golden(string program)
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            string golden = Path.Combine(folder.FullName, "tests", "Cuda.Tests", "Kernels", "Golden");
            if (Directory.Exists(golden)) return Path.Combine(golden, program + ".ptx");
        }

        throw new DirectoryNotFoundException("tests/Cuda.Tests/Kernels/Golden is not above " + AppContext.BaseDirectory);
    }
}
