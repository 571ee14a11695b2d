using System.Globalization;
using System.Text;
using Convoke.Compiled;

namespace Convoke.Testing;

/// <summary>What NVRTC makes of a model's kernels for one architecture, to be pinned in its owner's tests. It needs NVRTC, but no GPU and no driver.</summary>
/// <remarks>
/// Figures depend on the architecture and on the version of NVRTC, which <see cref="ToString()"/> states; a snapshot belongs to both. docs/gpu.md says where NVRTC
/// is looked for. Instructions are counted where <c>cuobjdump</c> or <c>nvdisasm</c> of a CUDA toolkit is found: in the folder that CONVOKE_CUDA_TOOLS names, in
/// PATH, or in the toolkit's own folder.
/// </remarks>
public sealed class KernelReport
{
    private KernelReport(string fileName, string architecture, Version compiler, IReadOnlyList<KernelResources> kernels, string disassembler) =>
        (FileName, Architecture, CompilerVersion, Kernels, Disassembler) = (fileName, architecture, compiler, kernels, disassembler);

    /// <summary>Name of the text that was compiled: "MnistNet.cu".</summary>
    public string FileName { get; }

    /// <summary>What it was compiled for: "sm_90".</summary>
    public string Architecture { get; }

    /// <summary>Version of NVRTC, for example 12.4.</summary>
    public Version CompilerVersion { get; }

    /// <summary>One entry per kernel, in the order of the text.</summary>
    public IReadOnlyList<KernelResources> Kernels { get; }

    /// <summary>Path of the tool that listed the instructions, or where one was looked for.</summary>
    public string Disassembler { get; }

    /// <summary>Whether every kernel is within what it declares; see <see cref="KernelResources.IsWithinBudget"/>.</summary>
    public bool IsWithinBudget => Kernels.All(static kernel => kernel.IsWithinBudget);

    /// <summary>The kernel of that name; case counts.</summary>
    /// <exception cref="ArgumentException">There is none; the message lists what there is.</exception>
    public KernelResources this[string kernel] => Kernels.FirstOrDefault(candidate => candidate.Name == kernel)
        ?? throw new ArgumentException($"{FileName} has no kernel \"{kernel}\". It has: {string.Join(", ", Kernels.Select(static k => k.Name))}.", nameof(kernel));

    /// <summary>Whether NVRTC is there, and in words which, or where it was looked for: for tests that are skipped without it.</summary>
    public static bool CanCompile(out string explanation) => KernelCompiler.TryFind(out explanation);

    /// <summary>Compiles a model's kernels: <c>KernelReport.Compile&lt;MnistNet&gt;("sm_90")</c>. Takes seconds, as nothing is read from the cache.</summary>
    /// <param name="architecture">"sm_75" or newer, as far as NVRTC knows it.</param>
    /// <exception cref="DeviceNotAvailableException">NVRTC was not found; the message says where it was looked for.</exception>
    /// <exception cref="KernelCompilationException">The text does not compile, or NVRTC does not know the architecture.</exception>
    /// <exception cref="ArgumentException"><paramref name="architecture"/> is no "sm_" and number.</exception>
    /// <exception cref="InvalidOperationException">The class has no kernels, or a disassembler was found and failed.</exception>
    public static KernelReport Compile<TModel>(string architecture = "sm_90") where TModel : ICompiledModel => Compile(KernelSource.Program<TModel>(), architecture);

    internal static KernelReport Compile(CudaProgram program, string architecture)
    {
        ArgumentNullException.ThrowIfNull(architecture);
        if (!architecture.StartsWith("sm_", StringComparison.Ordinal)) throw new ArgumentException($"\"{architecture}\" is no machine's architecture: write \"sm_90\".", nameof(architecture));
        CudaPlan plan = program.Plan;
        KernelCompiler compiler = KernelCompiler.Default;
        CompiledKernels compiled = compiler.Compile(program.Source, plan.FileName, architecture);
        Disassembler? tool = Testing.Disassembler.Find(out string found);
        Dictionary<string, InstructionCounts>? instructions = tool?.Count(compiled.Image);
        Dictionary<string, KernelFigures> figures = compiled.Kernels.ToDictionary(static kernel => kernel.Name);
        KernelResources[] kernels = Array.ConvertAll(plan.Kernels, kernel =>
        {
            KernelFigures f = figures[kernel.Name];
            return new KernelResources(
                kernel.Name, kernel.Threads, f.Registers, kernel.Registers, f.StaticSharedBytes, kernel.SharedBytes, f.StackBytes, f.SpillStoreBytes, f.SpillLoadBytes, instructions?[kernel.Name]);
        });
        return new(plan.FileName, architecture, compiler.Version, Array.AsReadOnly(kernels), found);
    }

    /// <summary>The figures as tables for a snapshot, instructions included where they were counted.</summary>
    public override string ToString() => ToString(instructions: true);

    /// <summary>The figures as tables, lines that end in "\n".</summary>
    /// <param name="instructions">False leaves the second table out, so that the text is the same on machines with and without a disassembler.</param>
    public string ToString(bool instructions)
    {
        StringBuilder text = new();
        text.Append(CultureInfo.InvariantCulture, $"{FileName} for {Architecture}, NVRTC {CompilerVersion}\n\n");
        TextTable resources = new("kernel", "threads", "registers", "of", "shared bytes", "of", "stack bytes", "spill bytes");
        foreach (KernelResources k in Kernels) resources.Add(k.Name, k.Threads, k.Registers, k.RegisterBudget, k.SharedBytes, k.DeclaredSharedBytes, k.StackBytes, k.SpillBytes);
        text.Append(resources);
        if (!instructions || Kernels.Any(static kernel => kernel.Instructions is null)) return text.ToString();

        TextTable counts = new("kernel", "instructions", "FFMA", "LDG", "STG", "LDS", "STS", "LDL+STL", "ATOM+RED", "of floats", "SHFL", "BAR", "MMA");
        foreach (KernelResources k in Kernels)
        {
            InstructionCounts i = k.Instructions!;
            counts.Add(
                k.Name, i.Total, i.FusedMultiplyAdds, i.GlobalLoads, i.GlobalStores, i.SharedLoads, i.SharedStores, i.LocalAccesses, i.Atomics, i.FloatAtomics, i.Shuffles, i.Barriers, i.MatrixOperations);
        }

        return text.Append('\n').Append(counts).ToString();
    }
}
