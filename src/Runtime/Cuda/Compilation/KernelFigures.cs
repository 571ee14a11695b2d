namespace Convoke;

/// <summary>What one kernel takes of a multiprocessor, as ptxas counted it.</summary>
/// <param name="Name">The kernel.</param>
/// <param name="Registers">32-bit registers of a thread.</param>
/// <param name="StackBytes">Stack frame of a thread.</param>
/// <param name="SpillStoreBytes">Bytes that a thread stores because registers ran out.</param>
/// <param name="SpillLoadBytes">Bytes that it loads again.</param>
/// <param name="StaticSharedBytes">Shared memory of a block, the dynamic part not included.</param>
/// <param name="Barriers">Named barriers.</param>
internal sealed record KernelFigures(string Name, int Registers, int StackBytes, int SpillStoreBytes, int SpillLoadBytes, int StaticSharedBytes, int Barriers);
