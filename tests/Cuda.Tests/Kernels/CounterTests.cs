using Convoke.Kernels;
using Convoke.Kernels.Models;
using Convoke.PtxEmulator;
using Compiler = Convoke.Kernels.Compiler;
using KnownModels = Convoke.Kernels.Tests.Models;
using SpecPrecision = Convoke.Kernels.Models.Precision;

namespace Convoke.Cuda.Tests.Kernels;

/// <summary>How the kernels of A, B and C reach for memory, as the emulator counts it in a training step: lanes that take part, sectors a request, conflicts of banks.</summary>
public class CounterTests
{
    /// <summary>Several blocks of every kernel, and whole tiles of samples.</summary>
    private const int Samples = 32;

    /// <summary>A full request of 16 bytes a lane touches 16 sectors of 32 bytes, and no lane should wait for another's bank.</summary>
    private static readonly Bounds s_usual = new();

    /// <summary>Kernels that are known to do worse, by the end of their names, and by how much: each is a place where time could be won. Of one precision, or of any; the first counts.</summary>
    private static readonly (SpecPrecision? Precision, string Kernel, Bounds Bounds)[] s_exceptions =
    [
        (null, "head", new(Lanes: 20, Conflicts: 0.3)),
        (null, "_parts", new(Conflicts: 0.34)),
        (SpecPrecision.Float32, "_forward", new(Conflicts: 0.34)),
        (null, "_forward", new(LoadSectors: 26.1, Conflicts: 0.34)),
        (null, "head_dense_dgrad", new(Lanes: 28, Conflicts: 0.13)),
        (null, "head_fc1_dgrad", new(Lanes: 28, Conflicts: 0.13)),
        (SpecPrecision.Float32, "dense_dgrad", new(LoadSectors: 16.6)),
        (SpecPrecision.Float32, "fc1_dgrad", new(LoadSectors: 16.6)),
        (SpecPrecision.Float32, "_dgrad", new(Lanes: 27.9, Conflicts: 0.49)),
        (null, "_dgrad", new(Conflicts: 0.16)),
        (SpecPrecision.Float16, "conv2d_1_wgrad", new(Conflicts: 0.21)),
        (null, "conv2d_1_fprop", new(Lanes: 29.9)),
        (null, "conv2_fprop", new(Lanes: 28.7)),
        (null, "conv2d_fprop", new(Conflicts: 0.25)),
        (null, "dense_conv2d_backward", new(Lanes: 29.6, Conflicts: 0.37)),
        (SpecPrecision.Float32, "update", new(Lanes: 29.1)),
        (SpecPrecision.TF32, "update", new(Lanes: 26)),
    ];

    public static TheoryData<string, SpecPrecision> Programs => new()
    {
        { "A", SpecPrecision.Float32 }, { "A", SpecPrecision.TF32 },
        { "B", SpecPrecision.Float32 }, { "B", SpecPrecision.Float32x3 }, { "B", SpecPrecision.TF32 }, { "B", SpecPrecision.BFloat16 }, { "B", SpecPrecision.Float16 },
        { "C", SpecPrecision.Float32 }, { "C", SpecPrecision.BFloat16 },
    };

    [NvrtcTheory, MemberData(nameof(Programs))]
    public void Kernels_are_within_their_bounds(string program, SpecPrecision precision)
    {
        CompiledModel model = Compiler.Compile((program switch { "A" => KnownModels.A, "B" => KnownModels.B, _ => KnownModels.C }) with { Precision = precision });
        string[] outside = [.. Outside(model, EmulatedProgram.Compile(model))];
        Assert.True(outside.Length == 0, string.Join('\n', outside));
    }

    /// <summary>
    /// Multiply-adds of program B's three passes over a sample, of what is alive of each layer: its first convolution has no data gradient, its last layer no tensor cores.
    /// </summary>
    private const long MultiplyAddsOfB = (2L * 26 * 26 * 32 * 9) + (3L * 10 * 10 * 64 * 288) + (3L * 1600 * 128);

    /// <summary>Tensor cores multiply what the layers need and what tiles cover beyond it: less would be a product left out, more a tile that does not fit.</summary>
    [NvrtcTheory]
    [InlineData(SpecPrecision.BFloat16, 16 * 8 * 16, 1)]
    [InlineData(SpecPrecision.Float16, 16 * 8 * 8, 1)]
    [InlineData(SpecPrecision.Float32x3, 16 * 8 * 8, 3)]
    public void Tensor_cores_multiply_what_the_layers_need(SpecPrecision precision, int multiplyAdds, int products)
    {
        CompiledModel model = Compiler.Compile(KnownModels.B with { Precision = precision });
        long instructions = EmulatedStep.Run(model, EmulatedProgram.Compile(model), Samples).Sum(static launch => launch.Counters.MatrixInstructions);
        double share = (double)instructions * multiplyAdds / (MultiplyAddsOfB * Samples * products);
        Assert.True(share >= 1 && share <= 1.3, $"{share:F3} times");
    }

    /// <summary>Rows of a staged map one behind the other, without the words that keep them out of each other's banks.</summary>
    [NvrtcFact]
    public void A_pitch_that_brings_conflicts_is_found()
    {
        CompiledModel model = Compiler.Compile(KnownModels.B with { Precision = SpecPrecision.BFloat16 });
        Assert.StartsWith("conv2d_1_backward: ", Assert.Single(Outside(model, Mutant.Compile(model, "conv2d_1_backward", " PITCH = C / 2 + 4", " PITCH = C / 2"))), StringComparison.Ordinal);
    }

    private static IEnumerable<string> Outside(CompiledModel model, string ptx)
    {
        foreach (EmulatedLaunch launch in EmulatedStep.Run(model, ptx, Samples))
        {
            Bounds bounds = s_exceptions.FirstOrDefault(e => (e.Precision ?? model.Spec.Precision) == model.Spec.Precision && launch.Kernel.Name.EndsWith(e.Kernel, StringComparison.Ordinal)).Bounds ?? s_usual;
            Bounds actual = Bounds.Of(launch.Counters);
            if (!actual.IsWithin(bounds)) yield return $"{launch.Kernel.Name}: {actual}, and the bounds are {bounds}";
        }
    }

    /// <summary>What is held of a launch.</summary>
    /// <param name="Lanes">Least lanes that take part in an instruction, on average.</param>
    /// <param name="LoadSectors">Most sectors of a global load.</param>
    /// <param name="StoreSectors">Most sectors of a global store.</param>
    /// <param name="Conflicts">Most passes over shared memory that only conflicts need, of all.</param>
    private sealed record Bounds(double Lanes = 30, double LoadSectors = 16, double StoreSectors = 16, double Conflicts = 0.1)
    {
        public static Bounds Of(LaunchCounters c) => new((double)c.ActiveLanes / c.WarpInstructions, Ratio(c.GlobalLoadSectors, c.GlobalLoads), Ratio(c.GlobalStoreSectors, c.GlobalStores), Ratio(c.SharedConflicts, c.SharedPasses));

        public bool IsWithin(Bounds bounds) => Lanes >= bounds.Lanes && LoadSectors <= bounds.LoadSectors && StoreSectors <= bounds.StoreSectors && Conflicts <= bounds.Conflicts;

        public override string ToString() => $"{Lanes:F1} lanes, {LoadSectors:F1} sectors a load, {StoreSectors:F1} a store, {Conflicts:P0} of passes for conflicts";

        private static double Ratio(long part, long all) => all == 0 ? 0 : (double)part / all;
    }
}
