using Convoke.Kernels.Scheduling;

namespace Convoke.Kernels.Tests.Scheduling;

public class KernelCostTests
{
    /// <summary>conv2 of program B: 10x10 of 11x11 pixels are wanted, 25 Winograd tiles of 16 products of 32 by 64 each.</summary>
    [Fact]
    public void Winograd_costs_its_products_and_transforms()
    {
        var g = new ConvGeometry(12, 12, 32, 32, 3, 3, 10, 10, 64, 2, 2);
        var group = new ConvForwardGroup("conv2", 2, g, true, 0, 1, 2, 3, 4);
        Assert.True(group.Winograd.IsUsed);
        Assert.Equal(25L * ((2 * 16 * 32 * 64) + (32 * 32) + (24 * 64)), KernelCost.Of(group).Flops);
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
        KernelCost dense = KernelCost.Of(new ConvBackwardGroup("c", 0, pooled with { PoolHeight = 1, PoolWidth = 1 }, true, 0, 1, 2, 3, null, 5, null));
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
