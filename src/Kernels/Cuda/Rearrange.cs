using Convoke.Kernels.Scheduling;

namespace Convoke.Kernels.Cuda;

/// <summary>Channels joined and cut apart, pixels repeated and added up: kernels that move memory. A thread has four channels where those stay together, else one.</summary>
public static class Rearrange
{
    public static ElementGrid Grid(ConcatGroup group) => new(group.Extent.Count / Width(group));

    public static ElementGrid Grid(SliceGroup group) => new(group.Extent.Count / Width(group));

    public static ElementGrid Grid(UpsampleGroup group) => new(group.Height * group.Width * group.Extent.Count / 4);

    public static ElementGrid Grid(UpsampleBackwardGroup group) => new(group.Extent.Count / 4);

    public static CudaKernel EmitConcat(CudaWriter writer, string name, string layer, ConcatGroup group)
    {
        ElementGrid grid = Grid(group);
        int width = Width(group);
        var kernel = new CudaKernel(name, ElementGrid.Threads, ElementGrid.MinBlocks, 0);
        string[] parts = [.. group.Channels.Select((c, i) => $"x{i} {CudaWriter.MapText(group.Extent with { Channels = c, Stored = Panels.Pad(c) })} with {c} channels")];
        using (writer.Kernel(kernel, $"""
            // {group.Name}  <- {layer}
            //   y[n,p,q] = the channels of {string.Join(", ", group.Channels.Select(static (_, i) => $"x{i}"))}, one behind the other
            //   {string.Join("  ", parts)}  y {CudaWriter.MapText(group.Extent)} NHWC; thread = {(width == 4 ? "4 channels" : "one element")}; {grid.Text}
            """, [.. group.Channels.Select(static (_, i) => $"const float* __restrict__ x{i}"), $"float* __restrict__ y{grid.Parameter}"]))
        {
            string type = width == 4 ? "float4" : "float";
            writer.Code.Line($$"""
                constexpr int PIXELS = {{group.Extent.Rows * group.Extent.Columns}}, K = {{group.Extent.Stored}};
                {{grid.Place}}
                const int k = i * {{width}} % K;
                const size_t pixel = (size_t)n * PIXELS + i * {{width}} / K;
                {{type}} value = {{(width == 4 ? "make_float4(0, 0, 0, 0)" : "0.0f")}};
                """);
            int from = 0;
            for (int part = 0; part < group.Channels.Count; part++)
            {
                int channels = group.Channels[part], stored = Panels.Pad(channels);
                string at = $"pixel * {stored} + k{(from > 0 ? $" - {from}" : "")}";
                writer.Code.Line($"{(part > 0 ? "else " : "")}if (k < {from + channels}) value = {(width == 4 ? $"*reinterpret_cast<const float4*>(&x{part}[{at}])" : $"x{part}[{at}]")};");
                from += channels;
            }

            writer.Code.Line(width == 4 ? "*reinterpret_cast<float4*>(&y[pixel * K + k]) = value;" : "y[pixel * K + k] = value;");
        }

        return kernel;
    }

    public static CudaKernel EmitSlice(CudaWriter writer, string name, string layer, SliceGroup group)
    {
        ElementGrid grid = Grid(group);
        int width = Width(group);
        ValueStorage extent = group.Extent;
        var kernel = new CudaKernel(name, ElementGrid.Threads, ElementGrid.MinBlocks, 0);
        using (writer.Kernel(kernel, $"""
            // {group.Name}, channels {group.From} to {group.From + extent.Channels - 1}  <- {layer}
            //   y[n,p,q,k] = x[n,p,q,{(group.From > 0 ? $"{group.From}+" : "")}k], and zeros in the padding
            //   x {CudaWriter.MapText(extent with { Stored = group.XStored })}  y {CudaWriter.MapText(extent)} NHWC; thread = {(width == 4 ? "4 channels" : "one element")}; {grid.Text}
            """, $"const float* __restrict__ x, float* __restrict__ y{grid.Parameter}"))
        {
            writer.Code.Line($$"""
                constexpr int PIXELS = {{extent.Rows * extent.Columns}}, FROM = {{group.From}}, C = {{group.XStored}}, CHANNELS = {{extent.Channels}}, K = {{extent.Stored}};
                {{grid.Place}}
                const int k = i * {{width}} % K;
                const size_t pixel = (size_t)n * PIXELS + i * {{width}} / K;
                """);
            writer.Code.Line(width == 4 ? """
                *reinterpret_cast<float4*>(&y[pixel * K + k]) = k < CHANNELS ? *reinterpret_cast<const float4*>(&x[pixel * C + FROM + k]) : make_float4(0, 0, 0, 0);
                """ : "y[pixel * K + k] = k < CHANNELS ? x[pixel * C + FROM + k] : 0.0f;");
        }

        return kernel;
    }

    public static CudaKernel EmitUpsample(CudaWriter writer, string name, string layer, UpsampleGroup group)
    {
        ElementGrid grid = Grid(group);
        ValueStorage x = group.Extent;
        var kernel = new CudaKernel(name, ElementGrid.Threads, ElementGrid.MinBlocks, 0);
        using (writer.Kernel(kernel, $"""
            // {group.Name}  <- {layer}
            //   y[n,p,q,c] = x[n,p/{group.Height},q/{group.Width},c]
            //   x {CudaWriter.MapText(x)}  y {CudaWriter.MapText(x with { Rows = x.Rows * group.Height, Columns = x.Columns * group.Width })} NHWC; thread = 4 channels; {grid.Text}
            """, $"const float* __restrict__ x, float* __restrict__ y{grid.Parameter}"))
        {
            writer.Code.Line($$"""
                constexpr int H = {{x.Rows}}, W = {{x.Columns}}, C = {{x.Stored}}, SCALE_H = {{group.Height}}, SCALE_W = {{group.Width}};
                {{grid.Place}}
                const int c = i * 4 % C, q = i / (C / 4) % (W * SCALE_W), p = i / (C / 4 * W * SCALE_W);
                *reinterpret_cast<float4*>(&y[(size_t)n * (H * W * C * SCALE_H * SCALE_W) + i * 4]) = *reinterpret_cast<const float4*>(&x[(((size_t)n * H + p / SCALE_H) * W + q / SCALE_W) * C + c]);
                """);
        }

        return kernel;
    }

    public static CudaKernel EmitUpsampleBackward(CudaWriter writer, string name, string layer, UpsampleBackwardGroup group)
    {
        ElementGrid grid = Grid(group);
        ValueStorage x = group.Extent;
        writer.Helper("add", Add);
        var kernel = new CudaKernel(name, ElementGrid.Threads, ElementGrid.MinBlocks, 0);
        using (writer.Kernel(kernel, $"""
            // {group.Name} gradient  <- {layer}
            //   dx[n,h,w,c] = sum(i,j) dy[n,{group.Height}h+i,{group.Width}w+j,c], row by row
            //   dy {CudaWriter.MapText(x with { Rows = x.Rows * group.Height, Columns = x.Columns * group.Width })}  dx {CudaWriter.MapText(x)} NHWC; thread = 4 channels; {grid.Text}
            """, $"const float* __restrict__ dy, float* __restrict__ dx{grid.Parameter}"))
        {
            writer.Code.Line($$"""
                constexpr int H = {{x.Rows}}, W = {{x.Columns}}, C = {{x.Stored}}, SCALE_H = {{group.Height}}, SCALE_W = {{group.Width}};
                {{grid.Place}}
                const int c = i * 4 % C, w = i / (C / 4) % W, h = i / (C / 4 * W);
                const float* from = dy + (((size_t)n * H * SCALE_H + h * SCALE_H) * (W * SCALE_W) + w * SCALE_W) * C + c;
                float4 sum = make_float4(0, 0, 0, 0);
                for (int p = 0; p < SCALE_H; ++p)
                    for (int q = 0; q < SCALE_W; ++q) add(sum, *reinterpret_cast<const float4*>(from + (p * (W * SCALE_W) + q) * C));
                *reinterpret_cast<float4*>(&dx[(size_t)n * (H * W * C) + i * 4]) = sum;
                """);
        }

        return kernel;
    }

    /// <summary>Sum of four channels.</summary>
    public const string Add = """
        // sum += x, four channels
        __device__ __forceinline__ void add(float4& sum, const float4& x)
        {
            sum.x += x.x; sum.y += x.y; sum.z += x.z; sum.w += x.w;
        }
        """;

    /// <summary>Four channels stay together where each part but the last has whole quads; the last one's padding is zero.</summary>
    private static int Width(ConcatGroup group) => group.Channels.Take(group.Channels.Count - 1).All(static c => c % 4 == 0) ? 4 : 1;

    private static int Width(SliceGroup group) => group.From % 4 == 0 && group.Extent.Channels % 4 == 0 ? 4 : 1;
}
