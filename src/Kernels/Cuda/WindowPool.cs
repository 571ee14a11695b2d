using Convoke.Kernels.Models;
using Convoke.Kernels.Scheduling;

namespace Convoke.Kernels.Cuda;

/// <summary>Pooling of any windows, overlapping and padded ones too, and its gradient: a thread has four channels of a pixel, bound by memory.</summary>
public static class WindowPool
{
    public static ElementGrid Grid(WindowPoolGroup group) => new(group.Geometry.P * group.Geometry.Q * group.Geometry.Stored / 4);

    public static ElementGrid Grid(WindowPoolBackwardGroup group) => new(group.Geometry.H * group.Geometry.W * group.Geometry.Stored / 4);

    public static CudaKernel EmitForward(CudaWriter writer, string name, string layer, WindowPoolGroup group)
    {
        ElementGrid grid = Grid(group);
        PoolGeometry g = group.Geometry;
        bool max = group.Kind == PoolKind.Max;
        if (!max) writer.Helper("add", Rearrange.Add);
        else
        {
            writer.Helper("keep_largest_of", """
                // of equals the first stays
                __device__ __forceinline__ void keep_largest_of(float4& best, int4& at, const float4& x, int place, bool first)
                {
                    if (first || x.x > best.x) { best.x = x.x; at.x = place; }
                    if (first || x.y > best.y) { best.y = x.y; at.y = place; }
                    if (first || x.z > best.z) { best.z = x.z; at.z = place; }
                    if (first || x.w > best.w) { best.w = x.w; at.w = place; }
                }
                """);
        }

        var kernel = new CudaKernel(name, ElementGrid.Threads, ElementGrid.MinBlocks, 0);
        using (writer.Kernel(kernel, $"""
            // {group.Name} forward  <- {layer}
            //   y[n,p,q,c] = {(max ? "max" : "mean")} over r < {g.Window.Height}, s < {g.Window.Width} of x[n,{Row(g)},{Column(g)},c]{Padding(group.Kind, g)}{(max ? ";  arg = the maximum's place in its window, row by row, of equals the first; null when predicting" : "")}
            //   x f32[N,{g.H},{g.W},{g.Stored}]  y f32[N,{g.P},{g.Q},{g.Stored}] NHWC{(max ? "  arg i32 likewise" : "")}; thread = 4 channels; {grid.Text}
            """, $"const float* __restrict__ x, float* __restrict__ y{(max ? ", int* __restrict__ arg" : "")}{grid.Parameter}"))
        {
            bool padded = IsPadded(g);
            writer.Code.Line($$"""
                {{Constants(g)}}
                {{grid.Place}}
                const int c = i * 4 % C, q = i / (C / 4) % Q, p = i / (C / 4 * Q), top = p * STRIDE_H{{(g.Window.Top > 0 ? " - TOP" : "")}}, left = q * STRIDE_W{{(g.Window.Left > 0 ? " - LEFT" : "")}};
                const float* from = x + (size_t)n * (H * W * C) + c;
                {{(padded ? "const int first_row = max(top, 0), end_row = min(top + WINDOW_H, H), first_column = max(left, 0), end_column = min(left + WINDOW_W, W);\n" : "")}}float4 result = make_float4(0, 0, 0, 0);{{(max ? "\nint4 at = make_int4(0, 0, 0, 0);" : "")}}
                """);
            string rows = padded ? "for (int h = first_row; h < end_row; ++h)" : "for (int h = top; h < top + WINDOW_H; ++h)", columns = padded ? "for (int w = first_column; w < end_column; ++w)" : "for (int w = left; w < left + WINDOW_W; ++w)";
            string first = padded ? "h == first_row && w == first_column" : "h == top && w == left";
            writer.Code.Line(rows);
            writer.Code.Line("    " + columns);
            writer.Code.Line(max
                ? $"        keep_largest_of(result, at, *reinterpret_cast<const float4*>(&from[(h * W + w) * C]), (h - top) * WINDOW_W + w - left, {first});"
                : "        add(result, *reinterpret_cast<const float4*>(&from[(h * W + w) * C]));");
            if (!max)
            {
                writer.Code.Line($"const float count = {(g.CountsPadding || !padded ? "WINDOW_H * WINDOW_W" : "(end_row - first_row) * (end_column - first_column)")};");
                writer.Code.Line("result = make_float4(result.x / count, result.y / count, result.z / count, result.w / count);");
            }

            writer.Code.Line("const size_t to = (size_t)n * (P * Q * C) + i * 4;");
            writer.Code.Line("*reinterpret_cast<float4*>(&y[to]) = result;");
            if (max) writer.Code.Line("if (arg) *reinterpret_cast<int4*>(&arg[to]) = at;");
        }

        return kernel;
    }

    public static CudaKernel EmitBackward(CudaWriter writer, string name, string layer, WindowPoolBackwardGroup group)
    {
        ElementGrid grid = Grid(group);
        PoolGeometry g = group.Geometry;
        bool max = group.Kind == PoolKind.Max;
        var kernel = new CudaKernel(name, ElementGrid.Threads, ElementGrid.MinBlocks, 0);
        using (writer.Kernel(kernel, $"""
            // {group.Name} backward  <- {layer}
            //   dx[n,h,w,c] = sum of {(max ? "dy[n,p,q,c] where the pixel won" : "dy[n,p,q,c] / the window's elements")}, over the windows (p, q) that it stands in, in their order{Padding(group.Kind, g)}
            //   dy f32[N,{g.P},{g.Q},{g.Stored}]{(max ? "  arg i32 likewise" : "")}  dx f32[N,{g.H},{g.W},{g.Stored}] NHWC; thread = 4 channels; {grid.Text}
            """, $"const float* __restrict__ dy, {(max ? "const int* __restrict__ arg, " : "")}float* __restrict__ dx{grid.Parameter}"))
        {
            writer.Code.Line($$"""
                {{Constants(g)}}
                {{grid.Place}}
                const int c = i * 4 % C, w = i / (C / 4) % W{{(g.Window.Left > 0 ? " + LEFT" : "")}}, h = i / (C / 4 * W){{(g.Window.Top > 0 ? " + TOP" : "")}};{{(IsPadded(g) ? "       // in the padded image" : "")}}
                const int first_row = max(h - WINDOW_H + STRIDE_H, 0) / STRIDE_H, last_row = min(h / STRIDE_H, P - 1), first_column = max(w - WINDOW_W + STRIDE_W, 0) / STRIDE_W, last_column = min(w / STRIDE_W, Q - 1);
                float4 sum = make_float4(0, 0, 0, 0);
                for (int p = first_row; p <= last_row; ++p)
                    for (int q = first_column; q <= last_column; ++q)
                    {
                        const size_t at = (((size_t)n * P + p) * Q + q) * C + c;
                        const float4 gradient = *reinterpret_cast<const float4*>(&dy[at]);
                """);
            if (max)
            {
                writer.Code.Line("""
                            const int4 winner = *reinterpret_cast<const int4*>(&arg[at]);
                            const int place = (h - p * STRIDE_H) * WINDOW_W + w - q * STRIDE_W;
                            if (winner.x == place) sum.x += gradient.x;
                            if (winner.y == place) sum.y += gradient.y;
                            if (winner.z == place) sum.z += gradient.z;
                            if (winner.w == place) sum.w += gradient.w;
                    """);
            }
            else
            {
                bool whole = g.CountsPadding || !IsPadded(g);
                string rows = $"(min(p * STRIDE_H + WINDOW_H, H{(g.Window.Top > 0 ? " + TOP" : "")}) - max(p * STRIDE_H, {(g.Window.Top > 0 ? "TOP" : "0")}))", columns = $"(min(q * STRIDE_W + WINDOW_W, W{(g.Window.Left > 0 ? " + LEFT" : "")}) - max(q * STRIDE_W, {(g.Window.Left > 0 ? "LEFT" : "0")}))";
                writer.Code.Line($"        const float count = {(whole ? "WINDOW_H * WINDOW_W" : $"{rows} * {columns}")};");
                writer.Code.Line("        sum.x += gradient.x / count; sum.y += gradient.y / count; sum.z += gradient.z / count; sum.w += gradient.w / count;");
            }

            writer.Code.Line("    }");
            writer.Code.Line("*reinterpret_cast<float4*>(&dx[(size_t)n * (H * W * C) + i * 4]) = sum;");
        }

        return kernel;
    }

    private static string Constants(PoolGeometry g) =>
        $"constexpr int H = {g.H}, W = {g.W}, C = {g.Stored}, P = {g.P}, Q = {g.Q}, WINDOW_H = {g.Window.Height}, WINDOW_W = {g.Window.Width}, STRIDE_H = {g.Window.StrideHeight}, STRIDE_W = {g.Window.StrideWidth}"
        + $"{(g.Window.Top > 0 ? $", TOP = {g.Window.Top}" : "")}{(g.Window.Left > 0 ? $", LEFT = {g.Window.Left}" : "")};";

    /// <summary>Whether some window reaches beyond the image.</summary>
    private static bool IsPadded(PoolGeometry g) => g.Window.Top > 0 || g.Window.Left > 0
        || ((g.P - 1) * g.Window.StrideHeight) + g.Window.Height > g.H || ((g.Q - 1) * g.Window.StrideWidth) + g.Window.Width > g.W;

    private static string Padding(PoolKind kind, PoolGeometry g) => !IsPadded(g) ? "" : kind == PoolKind.Max ? "; padding never wins" : g.CountsPadding ? "; padding counts as zeros" : "; padding does not count";

    private static string Row(PoolGeometry g) => $"{(g.Window.StrideHeight > 1 ? g.Window.StrideHeight : "")}p+r{(g.Window.Top > 0 ? $"-{g.Window.Top}" : "")}";

    private static string Column(PoolGeometry g) => $"{(g.Window.StrideWidth > 1 ? g.Window.StrideWidth : "")}q+s{(g.Window.Left > 0 ? $"-{g.Window.Left}" : "")}";
}
