namespace Convoke.Kernels.Cuda;

/// <summary>What some blocks of the step's last launch do: the gradients of some parameters, and the optimizer's step.</summary>
/// <param name="Comment">Lines of the kernel's comment.</param>
/// <param name="Blocks">Blocks.</param>
/// <param name="SharedBytes">Shared memory of a block.</param>
/// <param name="Parameters">Parameters of the kernel that only this part has.</param>
/// <param name="Arguments">Their arguments.</param>
/// <param name="Call">The call of the part's function, which takes the shared memory and the number of its block first.</param>
public sealed record UpdatePart(string Comment, int Blocks, int SharedBytes, IReadOnlyList<string> Parameters, IReadOnlyList<CudaArgument> Arguments, string Call);
