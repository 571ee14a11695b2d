namespace Convoke.PtxEmulator;

/// <summary>A fault of a kernel, with the thread that showed it and the CUDA source line it stems from (0 where the PTX has none).</summary>
public sealed class DeviceFaultException : Exception
{
    internal DeviceFaultException(DeviceFaultKind kind, PtxKernel kernel, Dim3 block, Dim3 thread, Instruction? at, string what)
        : base($"{what}; {kernel.Name}, block {block}, thread {thread}{Where(kernel, at)}")
    {
        Kind = kind;
        Kernel = kernel.Name;
        Block = block;
        Thread = thread;
        PtxLine = at?.Line ?? 0;
        SourceLine = at?.Source.Line ?? 0;
        SourceFile = at == null ? null : kernel.Module.Files.GetValueOrDefault(at.Source.File);
    }

    public DeviceFaultKind Kind { get; }
    public string Kernel { get; }
    public Dim3 Block { get; }
    public Dim3 Thread { get; }
    public int PtxLine { get; }
    public string? SourceFile { get; }
    public int SourceLine { get; }

    private static string Where(PtxKernel kernel, Instruction? at)
    {
        if (at == null) return "";
        string source = at.Source.Line > 0 ? $"{kernel.Module.Files.GetValueOrDefault(at.Source.File, "source")}:{at.Source.Line}, " : "";
        return $", {at.Opcode} ({source}ptx line {at.Line})";
    }
}
