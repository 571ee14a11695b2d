namespace Convoke.PtxEmulator;

/// <summary>A parsed PTX text. Variables of the module get memory when a machine first runs one of its kernels, see <see cref="DeviceMemory.Place"/>.</summary>
public sealed class PtxModule
{
    private PtxModule()
    {
    }

    /// <summary>The target line, for example sm_90.</summary>
    public string Target { get; internal set; } = "";

    public IReadOnlyDictionary<string, PtxKernel> Kernels => KernelTable;

    internal Dictionary<string, PtxKernel> KernelTable { get; } = [];
    internal Dictionary<string, PtxVariable> Variables { get; } = [];
    internal Dictionary<string, FunctionBody> Functions { get; } = [];

    /// <summary>Source files by the number that .loc uses.</summary>
    internal Dictionary<int, string> Files { get; } = [];

    /// <summary>Reads PTX as NVRTC emits it. Throws <see cref="PtxException"/> on syntax it does not know; opcodes are checked by <see cref="Verify"/> or at the first launch.</summary>
    public static PtxModule Parse(string ptx)
    {
        ArgumentNullException.ThrowIfNull(ptx);
        PtxModule module = new();
        new ModuleParser(module, Tokenizer.Tokenize(ptx)).Read();
        return module;
    }

    /// <summary>Decodes every kernel, so that an opcode the emulator lacks shows now: throws <see cref="PtxException"/>.</summary>
    public void Verify()
    {
        foreach (PtxKernel kernel in KernelTable.Values) _ = kernel.Program;
    }
}
