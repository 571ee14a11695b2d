using Convoke.Kernels.Graphs;
using Convoke.Kernels.Models;
using Convoke.Kernels.Passes;
using Convoke.Kernels.Scheduling;

namespace Convoke.Kernels.Tests.Scheduling;

public class MemoryPlanTests
{
    /// <summary>Program B: pooling drops row and column 10 of the second convolution, which therefore reads 12 of 13 pooled rows, and so on to the input.</summary>
    [Fact]
    public void What_pooling_drops_is_not_computed()
    {
        Graph forward = GraphBuilder.Build(Tests.Models.B);
        var regions = LiveRegions.Run(forward);
        Value[] convolutions = [.. forward.Values.Where(static v => v.Op is Op.Conv2D)], pools = [.. forward.Values.Where(static v => v.Op is Op.MaxPool2D)];
        Assert.Equal(new(10, 10), regions[convolutions[1].Id]);
        Assert.Equal(new(12, 12), regions[pools[0].Id]);
        Assert.Equal(new(24, 24), regions[convolutions[0].Id]);
        Assert.Equal(new(5, 5), regions[pools[1].Id]);
    }

    [Fact]
    public void Parameters_take_distinct_places_inside_their_storage()
    {
        for (int seed = 0; seed < 120; seed++)
        {
            CompiledModel model = Compiler.Compile(RandomModels.Model(seed));
            var taken = new HashSet<int>();
            foreach (ParameterInfo p in model.Parameters)
            {
                Assert.Equal(0, p.OffsetFloats % 16);
                Assert.Equal(p.Shape.Aggregate(1, static (a, b) => a * b), p.Axes.Aggregate(1, static (a, b) => a * b.Extent));
                foreach (int offset in Offsets(p, 0))
                {
                    Assert.InRange(offset, 0, p.StorageFloats - 1);
                    Assert.True(taken.Add(p.OffsetFloats + offset), $"seed {seed}: {p.Name} takes a place twice");
                }
            }

            Assert.True(taken.Max() < model.Memory.ParameterFloats);
        }
    }

    private static IEnumerable<int> Offsets(ParameterInfo p, int axis)
    {
        if (axis == p.Axes.Count) return [0];
        AxisInfo a = p.Axes[axis];
        return Enumerable.Range(0, a.Extent).SelectMany(i => Offsets(p, axis + 1).Select(rest => rest + (i / a.Block * a.BlockStride) + (i % a.Block * a.Stride)));
    }

    [Fact]
    public void Values_that_are_needed_together_lie_apart_and_others_share()
    {
        var conv = new ConvGeometry(4, 4, 16, 16, 1, 1, 4, 4, 16, 1, 1);
        KernelGroup[] groups = [new PoolForwardGroup("p", 0, conv, 0, 1, null)];
        GroupLoop[] loops = [new(groups)];
        Convoke.Kernels.Scheduling.Buffer Chunk(int id, int floats, int first, int last) => new(id, "v" + id, "", floats, BufferScope.Chunk, first, last, 0);
        Schedule plan = ArenaPlanner.Plan(loops, [], [Chunk(1, 64, 0, 1), Chunk(2, 32, 1, 2), Chunk(3, 64, 2, 3)]);
        Assert.Equal(plan.Buffers[1].OffsetFloats, plan.Buffers[3].OffsetFloats);
        Assert.Equal((64 + 32) * Liveness.ImagesPerChunk, plan.TaskFloats);
        Assert.Throws<InvalidOperationException>(() => { ArenaPlanner.Plan(loops, [], [Chunk(1, 50, 0, 1)]); });
    }

    [Fact]
    public void A_bordered_value_shares_with_nothing()
    {
        CompiledModel b = Compiler.Compile(Tests.Models.B, (pass, text) =>
        {
            if (pass != "training schedule") return;
            string[] bordered = [.. text.Split('\n').Where(static l => l.TrimStart().StartsWith("Bordered", StringComparison.Ordinal))];
            Assert.Single(bordered);
        });
        Assert.True(b.Memory.TrainTaskFloats > 0);
    }
}
