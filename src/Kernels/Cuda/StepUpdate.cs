using Convoke.Kernels.Models;

namespace Convoke.Kernels.Cuda;

/// <summary>The last launch of a training step: every parameter's update side by side, and one block that ends the step.</summary>
/// <remarks>
/// Nothing in a step waits for an update, and updates do not wait for each other: as blocks of one launch they take as long as the longest of them. A branch of the graph
/// does that too, but its edges cost more than the kernels that it hides. Updates stand behind every head, as one loss that is not finite stops them all.
/// </remarks>
public static class StepUpdate
{
    /// <summary>Shared memory that a text can declare; more is the launch's.</summary>
    private const int MaxStaticBytes = 48 * 1024;

    /// <summary>Emits the kernel.</summary>
    /// <param name="writer">The writer.</param>
    /// <param name="parts">The updates.</param>
    /// <param name="threads">Threads of a block.</param>
    /// <param name="end">What the last block does.</param>
    /// <param name="draws">Whether the model draws masks, so that the step's end counts them.</param>
    public static CudaKernel Emit(CudaWriter writer, IReadOnlyList<UpdatePart> parts, int threads, StepEnd end, bool draws)
    {
        end.EmitHelper(writer);
        int shared = parts.Select(static p => p.SharedBytes).Append(end.SharedBytes).Max();
        bool isLarge = shared > MaxStaticBytes;
        CudaKernel kernel = isLarge ? new("update", threads, 2, 0) { DynamicBytes = (shared + 15) & ~15 } : new("update", threads, 2, shared);
        string list = string.Concat(parts.Select(static p => p.Comment.Replace("\n", "\n//   ") is { } text ? $"//   {text}\n" : ""));
        using (writer.Kernel(kernel, $"""
            // update of every parameter: the sums that make its gradient, then the optimizer
            {list}//   grid {string.Join(" + ", parts.Select(static p => p.Blocks).Append(1))} blocks, the last of which ends the step
            """, [
                "Step* __restrict__ step", .. parts.SelectMany(static p => p.Parameters),
                "float* __restrict__ derived, " + Optimizer.Parameters, $"{end.Parameters}, int batch"]))
        {
            writer.Code.Line(isLarge
                ? "extern __shared__ uint4 launched[];\nfloat* shared = reinterpret_cast<float*>(launched);"
                : $"__shared__ __align__(16) float shared[{(shared + 3) / 4}];");
            writer.Code.Line("int block = blockIdx.x;");
            foreach (UpdatePart part in parts)
            {
                writer.Code.Line($"""
                    if (block < {part.Blocks}) return {part.Call}
                    block -= {part.Blocks};
                    """);
            }

            writer.Code.Line(end.Call("*reinterpret_cast<Sums*>(shared)") + (draws ? "\n" + StepText.NextDraw : ""));
        }

        return kernel;
    }

    /// <summary>Blocks of <see cref="Emit"/>'s kernel.</summary>
    public static CudaGrid Grid(IReadOnlyList<UpdatePart> parts) => CudaGrid.Of(parts.Sum(static p => p.Blocks) + 1);

    /// <summary>Its arguments.</summary>
    public static CudaArgument[] Arguments(IReadOnlyList<UpdatePart> parts, OptimizerSpec optimizer, StepEnd end) => [
        new(CudaArea.Step), .. parts.SelectMany(static p => p.Arguments), new(CudaArea.Derived), .. Optimizer.Arguments(optimizer), .. end.Arguments, new(CudaArea.Count)];
}
