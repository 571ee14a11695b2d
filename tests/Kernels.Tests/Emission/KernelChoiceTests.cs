using System.Text.RegularExpressions;
using Convoke.Kernels.Cpu;
using Convoke.Kernels.Emission;
using Convoke.Kernels.Scheduling;

namespace Convoke.Kernels.Tests.Emission;

/// <summary>Each kernel that could have been computed in another way says which was chosen, and what it should take.</summary>
public partial class KernelChoiceTests
{
    private static readonly VectorTarget Wide = VectorTarget.All[0], Middle = VectorTarget.All[1];

    /// <summary>conv2 of program B: 9 tiles an image, each 36 products of 32 by 64 and its transforms, 64 operations a cycle, 128 images at 4 GHz.</summary>
    [Fact]
    public void A_choice_names_the_algorithm_and_its_time()
    {
        var conv = new ConvForwardGroup("conv2", 2, new(12, 12, 32, 32, 3, 3, 10, 10, 64, 2, 2), true, 0, 1, 2, 3, 4);
        double cycles = 9 * ((2 * 36 * 32 * 64) + (240 * 32) + (160 * 64)) / 64.0;
        Assert.Equal(128 * cycles / 4e6, KernelChoice.Milliseconds(Wide, conv), 1e-9);
        Assert.Equal(2 * KernelChoice.Milliseconds(Wide, conv), KernelChoice.Milliseconds(Middle, conv), 1e-9);
        Assert.Equal("//   Winograd F(4x4,3x3), pool in its output transform, strips of 9 tiles: 0.744 ms predicted", KernelChoice.Line(Wide, conv));
    }

    /// <summary>What moves more than it multiplies takes as long as what it moves: an update reads and writes weights, which are many against one image.</summary>
    [Fact]
    public void A_time_is_at_least_that_of_the_bytes()
    {
        var conv = new ConvUpdateGroup("conv", 0, new(12, 12, 32, 32, 3, 3, 10, 10, 64, 1, 1), 0, null);
        Assert.Equal(6 * 4 * 9 * 32 * 64 / 64 / 4e6, KernelChoice.Milliseconds(Wide, conv), 1e-9);
    }

    [Theory, InlineData(0), InlineData(1), InlineData(2)]
    public void Every_kernel_with_a_choice_names_it(int width)
    {
        int named = 0;
        for (int seed = 0; seed < 40; seed++)
        {
            CpuSource source = Compiler.Compile(seed % 2 == 0 ? RandomModels.Model(seed) : RandomGraphs.Model(seed)).Cpu[width];
            foreach (Match comment in Chosen().Matches(source.Text))
            {
                Assert.Contains(" ms predicted", comment.Value, StringComparison.Ordinal);
                named++;
            }
        }

        Assert.True(named >= 200, $"{named} kernels");
    }

    /// <summary>The opening comment of a convolution, of a dense layer, or of what goes back through either.</summary>
    [GeneratedRegex(@"^ *// \S+ (forward: y\[(p,q,k|n,o)\] = (relu\()?(max over \S+ of )?(relu\()?sum|dgrad: dx|backward: dz|wgrad and update: dw)(.|\n)*?\n *private static", RegexOptions.Multiline)]
    private static partial Regex Chosen();
}
