using Convoke.Kernels.Scheduling;

namespace Convoke.Kernels.Cuda;

/// <summary>Dropout and its gradient, which draws the same mask again: a thread has the four elements of one Philox block.</summary>
public static class Dropout
{
    public static ElementGrid Grid(DropoutGroup group) => new(group.Extent.Count / 4);

    public static CudaKernel Emit(CudaWriter writer, string name, string layer, DropoutGroup group)
    {
        DropoutText.EmitHelpers(writer);
        ElementGrid grid = Grid(group);
        var kernel = new CudaKernel(name, ElementGrid.Threads, ElementGrid.MinBlocks, 0);
        using (writer.Kernel(kernel, $"""
            // {group.Name}{(group.Backward ? " gradient" : "")}  <- {layer}
            //   y = x / (1 - {DropoutText.Rate(group)}) where kept, else 0
            //   x, y {CudaWriter.MapText(group.Extent)} NHWC; no mask is stored: {(group.Backward ? "this is the forward pass's, drawn again" : "the gradient draws it again")}; thread = 4 channels; {grid.Text}
            """, $"const Step* __restrict__ step, const float* __restrict__ x, float* __restrict__ y{grid.Parameter}"))
        {
            writer.Code.Line($$"""
                constexpr int COUNT = {{group.Extent.Count}};
                {{DropoutText.Declare(group)}}
                {{grid.Place}}
                const size_t at = (size_t)n * COUNT + i * 4;
                *reinterpret_cast<float4*>(&y[at]) = drop(mask, n, i * 4, *reinterpret_cast<const float4*>(&x[at]));
                """);
        }

        return kernel;
    }
}
