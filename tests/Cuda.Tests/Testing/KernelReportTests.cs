using System.Text;
using System.Text.RegularExpressions;
using Convoke.Compiled;
using Convoke.Kernels.Models;
using Convoke.Runtime.Tests.Networks;
using Convoke.Testing;
using Compiler = Convoke.Kernels.Compiler;
using KnownModels = Convoke.Kernels.Tests.Models;
using SpecPrecision = Convoke.Kernels.Models.Precision;

namespace Convoke.Cuda.Tests.Testing;

/// <summary>What every architecture makes of the kernels, and the report that says so.</summary>
public partial class KernelReportTests
{
    public static TheoryData<string> Architectures => ["sm_75", "sm_80", "sm_86", "sm_89", "sm_90"];

    [NvrtcTheory, MemberData(nameof(Architectures))]
    public void Program_A_is_within_its_budget(string architecture) => IsWithinBudget<ProgramA>(architecture);

    [NvrtcTheory, MemberData(nameof(Architectures))]
    public void Program_B_is_within_its_budget(string architecture) => IsWithinBudget<ProgramB>(architecture);

    [NvrtcTheory, MemberData(nameof(Architectures))]
    public void A_network_of_other_parts_is_within_its_budget(string architecture) => IsWithinBudget<ColorNet>(architecture);

    [NvrtcTheory, InlineData("sm_75"), InlineData("sm_90")]
    public void A_residual_network_is_within_its_budget(string architecture) => IsWithinBudget<ResidualNet>(architecture);

    [NvrtcTheory, InlineData("sm_75"), InlineData("sm_90")]
    public void A_network_of_pixels_is_within_its_budget(string architecture) => IsWithinBudget<PixelNet>(architecture);

    [NvrtcTheory, InlineData("sm_80"), InlineData("sm_89"), InlineData("sm_90")]
    public void Products_in_TF32_are_within_their_budget(string architecture) => IsWithinBudget<ProgramBTf32>(architecture);

    [NvrtcTheory, InlineData("sm_80"), InlineData("sm_86"), InlineData("sm_89"), InlineData("sm_90")]
    public void Products_of_split_factors_are_within_their_budget(string architecture) => IsWithinBudget<ProgramBF32x3>(architecture);

    [NvrtcTheory, InlineData("sm_80"), InlineData("sm_90"), InlineData("sm_90a")]
    public void Products_in_BFloat16_are_within_their_budget(string architecture) => IsWithinBudget<ProgramBBf16>(architecture);

    /// <summary>On the devices that have no other tensor cores, and on the newest; no class stands for these models.</summary>
    [NvrtcTheory]
    [InlineData("A", "sm_75"), InlineData("B", "sm_75"), InlineData("C", "sm_75"), InlineData("B", "sm_90"), InlineData("C", "sm_90")]
    public void Products_of_halves_are_within_their_budget(string program, string architecture)
    {
        ModelSpec spec = program switch { "A" => KnownModels.A, "B" => KnownModels.B, _ => KnownModels.C };
        IsWithinBudget(KernelReport.Compile(new EmittedProgram(Compiler.Compile(spec with { Precision = SpecPrecision.Float16 }).Cuda), architecture));
    }

    [NvrtcTheory, InlineData("sm_75"), InlineData("sm_86"), InlineData("sm_90")]
    public void ResNet_9_is_within_its_budget(string architecture) => IsWithinBudget<ResNet9>(architecture);

    [NvrtcTheory, InlineData("sm_75"), InlineData("sm_90")]
    public void A_U_Net_is_within_its_budget(string architecture) => IsWithinBudget<UNet>(architecture);

    [NvrtcTheory, InlineData("sm_75"), InlineData("sm_90")]
    public void A_detector_is_within_its_budget(string architecture) => IsWithinBudget<Detector>(architecture);

    [NvrtcTheory, InlineData("sm_75"), InlineData("sm_90")]
    public void A_network_of_two_heads_is_within_its_budget(string architecture) => IsWithinBudget<TwoHeadedNet>(architecture);

    [NvrtcTheory, InlineData("sm_75"), InlineData("sm_90")]
    public void A_network_of_values_is_within_its_budget(string architecture) => IsWithinBudget<ValueNet>(architecture);

    [NvrtcTheory, InlineData("sm_75"), InlineData("sm_90")]
    public void A_network_of_several_inputs_is_within_its_budget(string architecture) => IsWithinBudget<TwinNet>(architecture);

    [NvrtcFact]
    public void No_kernel_adds_floats_atomically()
    {
        Assert.Empty(FloatAtomics<ProgramBBf16>());
        Assert.Empty(FloatAtomics<ProgramBF32x3>());
        Assert.Empty(FloatAtomics<TwoHeadedNet>());
        Assert.Empty(FloatAtomics<ValueNet>());
        Assert.Empty(FloatAtomics<ResidualNet>());
        Assert.Empty(FloatAtomics<PixelNet>());
        Assert.Empty(FloatAtomics<ProgramA>());
        Assert.Empty(FloatAtomics<ProgramB>());
        Assert.Empty(FloatAtomics<ColorNet>());
    }

    [NvrtcFact]
    public void The_check_sees_a_float_atomic() => Assert.NotEmpty(FloatAtomics(new Text(Greedy), "greedy.cu"));

    [NvrtcFact]
    public void A_kernel_over_its_budget_is_seen()
    {
        KernelReport report = KernelReport.Compile(new Text(Greedy), "sm_80");
        KernelResources greedy = report["greedy"];
        Assert.Equal((256, 4096, 2048), (greedy.Threads, greedy.SharedBytes, greedy.DeclaredSharedBytes));
        Assert.True(greedy.Registers > greedy.RegisterBudget);
        Assert.False(greedy.IsWithinBudget);
        Assert.False(report.IsWithinBudget);
        Assert.Throws<ArgumentException>(() => report["modest"]);
        if (greedy.Instructions is not { } counts) return;
        Assert.True(counts.FloatAtomics > 0 && counts.Atomics > counts.FloatAtomics, counts.ToString());
        Assert.True(counts.GlobalLoads > 0 && counts.SharedStores > 0 && counts.SharedLoads > 0 && counts.Barriers == 1, counts.ToString());
    }

    [NvrtcFact]
    public void The_table_is_stable_and_has_a_row_per_kernel()
    {
        KernelReport report = KernelReport.Compile<ProgramA>("sm_80");
        string table = report.ToString(instructions: false);
        Assert.Equal(table, KernelReport.Compile<ProgramA>("sm_80").ToString(instructions: false));
        string[] lines = table.Split('\n');
        Assert.Equal($"ProgramA.cu for sm_80, NVRTC {KernelCompiler.Default.Version}", lines[0]);
        Assert.Equal(["kernel", .. KernelSource.Of<ProgramA>().Kernels], lines[2..^1].Select(static line => line.Split(' ')[0]));
        Assert.Single(lines[2..^1].Select(static line => line.Length).Distinct());
        Assert.StartsWith(table, report.ToString(), StringComparison.Ordinal);
    }

    [NvrtcFact]
    public void An_unknown_architecture_is_a_typed_error()
    {
        Assert.Contains("sm_12", Assert.Throws<KernelCompilationException>(static () => KernelReport.Compile<ProgramA>("sm_12")).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(static () => KernelReport.Compile<ProgramA>("compute_80"));
    }

    [Fact]
    public void Without_a_compiler_the_error_says_where_it_was_looked_for()
    {
        (int code, string output, _) = ChildProcess.Run("report", ("CONVOKE_NVRTC", "/nowhere"));
        Assert.Equal(1, code);
        Assert.Equal("DeviceNotAvailableException: no NVRTC: CONVOKE_NVRTC names /nowhere (no such file)", output);
    }

    /// <summary>Lines of both tools, as they print them.</summary>
    [Theory]
    [InlineData("\t\tFunction : head")]
    [InlineData("\t.section\t.text.head,\"ax\",@progbits")]
    public void Listings_of_both_tools_are_read(string head)
    {
        string listing = $"""
            //--------------------- .text.head             --------------------------
            {head}
            	.headerflags	@"EF_CUDA_TEXMODE_UNIFIED EF_CUDA_64BIT_ADDRESS EF_CUDA_SM90"
                    /*0000*/                   LDC R1, c[0x0][0x28] ;                                            /* 0x00000a00ff017b82 */
                                                                                                                 /* 0x000e240000000800 */
                    /*0080*/               @P0 BRA 0xe50 ;                                                       /* 0x0000000c00700947 */
                    /*0090*/              @!P0 RED.E.ADD.F32.FTZ.RN.STRONG.GPU desc[UR4][R2.64], R7 ;
                    /*00a0*/             @!UP1 ATOMG.E.ADD.STRONG.GPU PT, R5, desc[UR4][R2.64], R5 ;
                    /*00b0*/                   ATOMS.CAST.SPIN R4, [R4], R2, R3 ;
                    /*00c0*/              @!PT LDS RZ, [RZ] ;
                    /*00d0*/                   HGMMA.64x64x16.F32 R24, gdesc[UR4], R24 ;
                    /*00e0*/                   NOP ;
            """;
        InstructionCounts counts = Disassembler.Read(listing)["head"];
        Assert.Equal((7, 3, 2, 1, 1), (counts.Total, counts.Atomics, counts.FloatAtomics, counts.SharedLoads, counts.MatrixOperations));
        Assert.Equal(1, counts["BRA"]);
        Assert.Equal(0, counts["NOP"]);
    }

    private static void IsWithinBudget<TModel>(string architecture) where TModel : ICompiledModel => IsWithinBudget(KernelReport.Compile<TModel>(architecture));

    private static void IsWithinBudget(KernelReport report)
    {
        Assert.True(report.IsWithinBudget, report.ToString());
        Assert.All(report.Kernels, kernel => Assert.True(kernel.Registers > 0 && kernel.SharedBytes == kernel.DeclaredSharedBytes, report.ToString()));
        Assert.All(report.Kernels, kernel => Assert.Equal(0, kernel.Instructions?.FloatAtomics ?? 0));
    }

    private static IEnumerable<string> FloatAtomics<TModel>() where TModel : ICompiledModel => FloatAtomics(TModel.CudaProgram!, "test.cu");

    /// <summary>In PTX every atomic shows its type; machine code hides those on shared memory in loops.</summary>
    private static IEnumerable<string> FloatAtomics(CudaProgram program, string name) =>
        FloatAtomic().Matches(Encoding.UTF8.GetString(KernelCompiler.Default.Compile(program.Source, name, "compute_80").Image)).Select(static m => m.Value);

    [GeneratedRegex(@"^\s*(@!?%p\d+ )?(atom|red)\.\S*\.(f32|f64|f16|f16x2|bf16|bf16x2)\s.*$", RegexOptions.Multiline)]
    private static partial Regex FloatAtomic();

    private const string Greedy = """
        // greedy: more of everything than it says
        extern "C" __global__ void __launch_bounds__(256, 1)
        greedy(float* values, int* count)
        {
            __shared__ float shared[1024];
            float sums[24];
            for (int i = 0; i < 24; i++) sums[i] = values[threadIdx.x + 256 * i];
            shared[threadIdx.x] = sums[0];
            __syncthreads();
            for (int step = 0; step < count[0]; step++)
                for (int i = 0; i < 24; i++) sums[i] = fmaf(sums[i], shared[(threadIdx.x + step) % 1024], sums[(i + 1) % 24]);
            for (int i = 0; i < 24; i++) values[threadIdx.x + 256 * i] = sums[i];
            atomicAdd(values, sums[3]);
            atomicAdd(count, 1);
        }
        """;

    private sealed class Text(string source) : CudaProgram
    {
        public override ReadOnlySpan<byte> Source => Encoding.UTF8.GetBytes(source);

        public override CudaPlan Plan { get; } = new()
        {
            FileName = "greedy.cu",
            Kernels = [new("greedy", 256, 16, 2048)],
            Train = [],
            Predict = [],
            Measure = [],
            Derive = [],
            TrainSampleFloats = 0,
            PredictSampleFloats = 0,
            DerivedFloats = 0,
            PartialFloats = 0,
        };
    }
}
