namespace Convoke.Testing;

/// <summary>What one kernel takes of a multiprocessor, beside what its text declares.</summary>
/// <param name="Name">The kernel.</param>
/// <param name="Threads">Threads of a block.</param>
/// <param name="Registers">32-bit registers of a thread, as ptxas allotted them.</param>
/// <param name="RegisterBudget">Most registers of a thread with which as many blocks fit on a multiprocessor as the kernel was written for.</param>
/// <param name="SharedBytes">Static shared memory of a block, as ptxas counted it.</param>
/// <param name="DeclaredSharedBytes">The same as the compiler of the model planned it.</param>
/// <param name="StackBytes">Stack frame of a thread, in local memory.</param>
/// <param name="SpillStoreBytes">Bytes that a thread stores because registers ran out.</param>
/// <param name="SpillLoadBytes">Bytes that it loads again.</param>
/// <param name="Instructions">Its machine instructions; null where no disassembler was found.</param>
public sealed record KernelResources(
    string Name,
    int Threads,
    int Registers,
    int RegisterBudget,
    int SharedBytes,
    int DeclaredSharedBytes,
    int StackBytes,
    int SpillStoreBytes,
    int SpillLoadBytes,
    InstructionCounts? Instructions)
{
    /// <summary>Bytes spilled, stores and loads together.</summary>
    public int SpillBytes => SpillStoreBytes + SpillLoadBytes;

    /// <summary>Nothing is spilled, and registers and shared memory are no more than declared.</summary>
    public bool IsWithinBudget => SpillBytes == 0 && Registers <= RegisterBudget && SharedBytes <= DeclaredSharedBytes;
}
