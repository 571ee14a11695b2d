namespace Convoke;

/// <summary>What the compiler made of one source.</summary>
/// <param name="Image">A cubin (ELF) or PTX text with a terminating zero: what the driver loads.</param>
/// <param name="IsPtx">The image is PTX.</param>
/// <param name="Architecture">"sm_90" or "compute_90".</param>
/// <param name="Log">The compiler's log, ptxas' lines included.</param>
internal sealed record CompiledKernels(byte[] Image, bool IsPtx, string Architecture, string Log)
{
    /// <summary>Figures of each kernel by ptxas; empty for PTX, of which registers are allotted only where it is loaded.</summary>
    public IReadOnlyList<KernelFigures> Kernels { get; } = PtxasLog.Figures(Log);

    /// <summary>Lines of the log that are no figures: warnings and remarks. Ours have none.</summary>
    public IReadOnlyList<string> Remarks { get; } = PtxasLog.Remarks(Log);
}
