using Convoke.Kernels.Scheduling;

namespace Convoke.Kernels.Tests.Scheduling;

public class KernelCostTests
{
    /// <summary>conv2 of program B: 10x10 of 11x11 pixels are wanted, 9 Winograd tiles of 36 products of 32 by 64 each.</summary>
    [Fact]
    public void Winograd_costs_its_products_and_transforms()
    {
        var g = new ConvGeometry(12, 12, 32, 32, 3, 3, 10, 10, 64, 2, 2);
        var group = new ConvForwardGroup("conv2", 2, g, true, 0, 1, 2, 3, 4);
        Assert.Equal(WinogradForm.Large, group.Winograd.Form);
        Assert.Equal(9L * ((2 * 36 * 32 * 64) + (240 * 32) + (160 * 64)), KernelCost.Of(group).Flops);
    }

    /// <summary>Of few pixels a small tile covers no more than are wanted, and of few channels transforms weigh more than products.</summary>
    [Theory, InlineData(6, 64, "F(2x2,3x3)"), InlineData(8, 64, "F(4x4,3x3)"), InlineData(28, 16, "F(4x4,3x3)"), InlineData(1, 64, null)]
    public void Winograd_takes_the_form_that_costs_least(int side, int channels, string? form)
    {
        WinogradPlan plan = WinogradPlan.Of(new(side + 2, side + 2, channels, channels, 3, 3, side, side, channels, 1, 1));
        Assert.Equal(form, plan.IsUsed ? plan.Form.ToString() : null);
    }

    [Theory, InlineData(10, 1, "F(2x2,5x5)"), InlineData(10, 2, "F(2x2,5x5)"), InlineData(9, 3, null)]
    public void A_filter_of_5x5_has_a_form_of_its_own(int side, int pool, string? form)
    {
        WinogradPlan plan = WinogradPlan.Of(new(side + 4, side + 4, 32, 32, 5, 5, side, side, 32, pool, pool));
        Assert.Equal(form, plan.IsUsed ? plan.Form.ToString() : null);
    }

    /// <summary>Each task has its own sums of the filter gradient: those of a large filter stay in the smaller form.</summary>
    [Theory, InlineData(64, "F(4x4,3x3)"), InlineData(128, "F(2x2,3x3)")]
    public void Sums_of_a_large_filter_have_the_smaller_form(int channels, string form)
    {
        var group = new ConvBackwardGroup("c", 0, new(16, 16, channels, channels, 3, 3, 14, 14, channels, 1, 1), true, 0, 1, 2, 3, null, 5, 6);
        Assert.Equal(form, group.WgradWinograd.Form.ToString());
        Assert.Equal(WinogradForm.Large, group.DgradWinograd.Form);
    }

    /// <summary>conv1 of program B: direct, 24x24 pixels of 26x26.</summary>
    [Fact]
    public void A_direct_convolution_costs_what_it_computes()
    {
        var g = new ConvGeometry(28, 28, 1, 1, 3, 3, 24, 24, 32, 2, 2);
        KernelCost cost = KernelCost.Of(new ConvForwardGroup("conv1", 0, g, true, 0, 1, 2, 3, 4));
        Assert.Equal(2L * 24 * 24 * 9 * 32, cost.Flops);
        Assert.Equal(4L * ((28 * 28) + (9 * 32)), cost.ReadBytes);
        Assert.Equal(5L * 12 * 12 * 32, cost.WrittenBytes);
    }

    /// <summary>A quarter of the window's elements carry a gradient, so the sparse backward costs a quarter.</summary>
    [Fact]
    public void The_sparse_backward_counts_winners_only()
    {
        var pooled = new ConvGeometry(12, 12, 32, 32, 3, 3, 10, 10, 64, 2, 2);
        KernelCost sparse = KernelCost.Of(new ConvBackwardGroup("c", 0, pooled, true, 0, 1, 2, 3, 4, 5, null));
        KernelCost dense = KernelCost.Of(new ConvBackwardGroup("c", 0, pooled with { PoolHeight = 1, PoolWidth = 1 }, true, 0, 1, 2, 3, null, 5, null) { IsShared = true });
        Assert.Equal(dense.Flops, 4 * sparse.Flops);
    }

    [Fact]
    public void Every_group_has_a_cost()
    {
        List<string> printed = Printed();
        Assert.All(
            typeof(KernelGroup).Assembly.GetTypes().Where(static t => t.IsSubclassOf(typeof(KernelGroup))),
            t => Assert.Contains(printed, line => line.Contains(" " + t.Name.Replace("Group", "", StringComparison.Ordinal) + " ", StringComparison.Ordinal)));
    }

    private static List<string> Printed()
    {
        var lines = new List<string>();
        for (int seed = 0; seed < 90; seed++)
            Compiler.Compile(seed < 30 ? RandomModels.Model(seed) : RandomGraphs.Model(seed), (pass, text) => { if (pass == "training schedule") lines.AddRange(text.Split('\n')); });
        return lines;
    }
}
