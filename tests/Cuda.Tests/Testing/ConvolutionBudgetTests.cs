using Convoke.Kernels;
using Convoke.Kernels.Cuda;
using Convoke.Kernels.Cuda.TensorCores;
using Convoke.Kernels.Models;
using Convoke.Kernels.Scheduling;
using Convoke.Testing;

namespace Convoke.Cuda.Tests.Testing;

/// <summary>Convolutions over the range that users ask for: each of their three kernels compiles within its budget, for the oldest architecture and the newest.</summary>
public class ConvolutionBudgetTests
{
    /// <summary>Channels in and out, side, kernel, stride, padding, pooling.</summary>
    private static readonly (int In, int Out, int Side, int Kernel, int Stride, int Pad, int Pool)[] Layers =
    [
        (3, 64, 224, 7, 2, 3, 1), (64, 64, 112, 7, 2, 3, 1), (256, 16, 112, 7, 2, 3, 1), (16, 256, 56, 3, 2, 1, 1), (64, 64, 56, 3, 1, 1, 1), (64, 64, 28, 3, 1, 1, 2),
        (256, 512, 14, 1, 2, 0, 1), (64, 256, 56, 1, 1, 0, 1), (512, 512, 7, 3, 1, 1, 1), (1, 16, 28, 5, 1, 2, 2), (16, 16, 32, 5, 3, 2, 1), (48, 96, 30, 3, 4, 0, 3),
        (32, 1, 16, 2, 2, 0, 1), (16, 48, 9, 3, 1, 0, 7), (128, 128, 16, 4, 2, 1, 1),
    ];

    [NvrtcTheory, InlineData("sm_75"), InlineData("sm_90")]
    public void Convolutions_are_within_their_budgets(string architecture)
    {
        var writer = new CudaWriter();
        writer.Code.Line(StepText.Declarations);
        for (int i = 0; i < Layers.Length; i++)
        {
            (int channels, int filters, int side, int kernel, int stride, int pad, int pool) = Layers[i];
            int out1 = (((side + (2 * pad) - kernel) / stride) + 1) / pool * pool;
            InputText? samples = channels < 16 ? new(new(side, side, channels, ImageLayout.ChannelsLast), new(0, 0, side * side * channels)) : null;
            var g = new ConvGeometry(side, side, channels, samples is not null ? channels : Panels.Pad(channels), kernel, kernel, out1, out1, filters, pool, pool) { StrideHeight = stride, StrideWidth = stride, Top = pad, Left = pad };
            var forward = new ConvForwardGroup("conv", i, g, true, 0, 1, 2, 3, g.Pooled ? 4 : null);
            ConvForward.EmitHelpers(writer, forward);
            ConvForward.Emit(writer, $"fprop_{i}", "test", forward, samples);
            var backward = new ConvBackwardGroup("conv", i, g, true, 0, 1, 2, 3, g.Pooled ? 4 : null, 5, samples is not null ? null : 6);
            if (samples is null) ConvDgrad.Emit(writer, $"dgrad_{i}", "test", backward);
            ConvWgrad.Emit(writer, $"wgrad_{i}", "test", backward, samples);
        }

        KernelReport report = KernelReport.Compile(Text(writer), architecture);
        Assert.True(report.IsWithinBudget, report.ToString(instructions: false));
    }

    /// <summary>The first two convolutions of programs B and C and of others, with and without dropout.</summary>
    [NvrtcTheory]
    [InlineData("sm_80", Convoke.Kernels.Models.Precision.TF32), InlineData("sm_90", Convoke.Kernels.Models.Precision.TF32)]
    [InlineData("sm_80", Convoke.Kernels.Models.Precision.Float32x3), InlineData("sm_90", Convoke.Kernels.Models.Precision.Float32x3)]
    [InlineData("sm_75", Convoke.Kernels.Models.Precision.Float16)]
    [InlineData("sm_80", Convoke.Kernels.Models.Precision.BFloat16), InlineData("sm_86", Convoke.Kernels.Models.Precision.BFloat16), InlineData("sm_90", Convoke.Kernels.Models.Precision.BFloat16)]
    public void Stacks_are_within_their_budgets(string architecture, Convoke.Kernels.Models.Precision precision)
    {
        var writer = new CudaWriter();
        writer.Code.Line(StepText.Declarations);
        foreach ((int side, int channels, int first, int pool, int second, bool drops) in ((int, int, int, int, int, bool)[])[(28, 1, 32, 2, 64, false), (32, 3, 32, 2, 64, true), (14, 3, 48, 1, 32, true), (19, 2, 64, 2, 32, false)])
        {
            int map = (side - 2) / pool, last = (map - 2) / 2;
            DropoutGroup? Drop(int site, int extent, int stored) => drops ? new("drop", 0, new ValueStorage(extent, extent, stored, stored), site, 0.5, false, 0, 0) : null;
            var inner = new ConvForwardGroup("first", 0, new(side, side, channels, channels, 3, 3, map * pool, map * pool, first, pool, pool), true, 0, 1, 2, 3, pool > 1 ? 4 : null) { Drop = Drop(0, map, first) };
            var outer = new ConvForwardGroup("second", 1, new(map, map, first, Panels.Pad(first), 3, 3, 2 * last, 2 * last, second, 2, 2), true, 3, 5, 6, 7, 8) { Drop = Drop(1, last, second) };
            ConvTensorFusedForward? stack = ConvTensorFusedForward.Choose(inner, outer, new Operands(precision));
            // A large filter stays apart where a block has less memory.
            if (stack is null && precision == Convoke.Kernels.Models.Precision.Float16 && second == 64 && channels == 3) continue;
            stack!.Emit(writer, $"stack_{side}_{(drops ? "drops" : "keeps")}", "test", new(new(side, side, channels, ImageLayout.ChannelsLast), new(0, 0, side * side * channels)));
        }

        KernelReport report = KernelReport.Compile(Text(writer), architecture);
        Assert.True(report.IsWithinBudget, report.ToString(instructions: false));
    }

    /// <summary>Convolutions that make the moments of what they store, on fused multiply-adds and on tensor cores.</summary>
    [NvrtcTheory]
    [InlineData("sm_75", Convoke.Kernels.Models.Precision.Float32), InlineData("sm_75", Convoke.Kernels.Models.Precision.Float16), InlineData("sm_90", Convoke.Kernels.Models.Precision.Float32x3), InlineData("sm_80", Convoke.Kernels.Models.Precision.BFloat16)]
    public void Moments_are_within_their_budgets(string architecture, Convoke.Kernels.Models.Precision precision)
    {
        var writer = new CudaWriter();
        writer.Code.Line(StepText.Declarations);
        Operands? operands = precision == Convoke.Kernels.Models.Precision.Float32 ? null : new Operands(precision);
        foreach (int i in (int[])[0, 2, 4, 6, 9, 14])
        {
            (int channels, int filters, int side, int kernel, int stride, int pad, int pool) = Layers[i];
            int out1 = (((side + (2 * pad) - kernel) / stride) + 1) / pool * pool;
            InputText? samples = channels < 16 ? new(new(side, side, channels, ImageLayout.ChannelsLast), new(0, 0, side * side * channels)) : null;
            var g = new ConvGeometry(side, side, channels, samples is not null ? channels : Panels.Pad(channels), kernel, kernel, out1, out1, filters, pool, pool) { StrideHeight = stride, StrideWidth = stride, Top = pad, Left = pad };
            var forward = new ConvForwardGroup("conv", i, g, g.Pooled, 0, 1, 2, 3, g.Pooled ? 4 : null);
            if (operands is not null && samples is not null && ConvTensorSamples.Suits(g)) ConvTensorSamples.Emit(writer, $"fprop_{i}", "test", forward, samples, operands, new(ConvTensorSamples.TileRows(g), g.OutColumns, g));
            else if (operands is not null && samples is null && ConvTensorTile.Choose(g, operands) is { } tile) ConvTensorForward.Emit(writer, $"fprop_{i}", "test", forward, tile, operands, new(tile.Rows, tile.Columns, g));
            else if (operands is null)
            {
                ConvForward.EmitHelpers(writer, forward);
                ConvForward.Emit(writer, $"fprop_{i}", "test", forward, samples, new(ConvTile.Choose(g).Rows, ConvTile.Choose(g).Columns, g));
            }
        }

        KernelReport report = KernelReport.Compile(Text(writer), architecture);
        Assert.Equal(6, report.Kernels.Count);
        Assert.True(report.IsWithinBudget, report.ToString(instructions: false));
        Assert.All(report.Kernels, kernel => Assert.Equal(kernel.DeclaredSharedBytes, kernel.SharedBytes));
    }

    private static EmittedProgram Text(CudaWriter writer) => new(writer.Code.ToString(), "convolutions.cu", writer.Kernels);
}
