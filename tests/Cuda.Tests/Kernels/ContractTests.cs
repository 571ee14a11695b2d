using System.Text;
using Convoke.Compiled;
using Convoke.Kernels;
using Convoke.Kernels.Cuda;
using Convoke.PtxEmulator;

namespace Convoke.Cuda.Tests.Kernels;

/// <summary>The compiler and the run time may not import each other; what they must agree on is held together here.</summary>
public unsafe class ContractTests
{
    [Fact]
    public void Areas_have_the_same_names_in_the_same_order() => Assert.Equal(Enum.GetNames<CudaArea>(), Enum.GetNames<CudaAreaPlan>());

    [Fact]
    public void A_launch_has_the_same_grid_on_both_sides()
    {
        foreach (CudaGrid grid in (CudaGrid[])[new(3, 0, 1, 1), new(0, 2, 4, int.MaxValue), new(1, 5, 1, 128), new(1, 13, 16, int.MaxValue) { Enough = 264 }])
        {
            var plan = new CudaLaunchPlan(0, grid.Fixed, grid.PerUnit, grid.Samples, grid.MaxUnits, []) { EnoughBlocks = grid.Enough };
            foreach (int n in (int[])[1, 4, 5, 127, 128, 129, 4096]) Assert.Equal(grid.Blocks(n), plan.Blocks(n));
        }
    }

    /// <summary>NVRTC itself says where the fields of the record lie.</summary>
    [NvrtcFact]
    public void The_record_has_the_same_layout_in_both_languages()
    {
        CudaStep* step = stackalloc CudaStep[1];
        (string Field, nint Offset)[] fields = [
            ("images", At(step, &step->Images)), ("labels", At(step, &step->Labels)), ("targets", At(step, &step->Targets)), ("order", At(step, &step->Order)), ("bytes", At(step, &step->Bytes)), ("samples", At(step, &step->Samples)),
            ("position", At(step, &step->Position)), ("low_bits", At(step, &step->LowBits)), ("high_bits", At(step, &step->HighBits)), ("rounds", At(step, &step->Rounds)),
            ("keys", At(step, step->Keys)), ("keep_gradients", At(step, &step->KeepGradients)), ("step", At(step, &step->Step)), ("bad", At(step, &step->Bad)), ("failed_step", At(step, &step->FailedStep)),
            ("step_size", At(step, &step->StepSize)), ("second_moment_scale", At(step, &step->SecondMomentScale)), ("draw", At(step, &step->Draw)), ("beta1_power", At(step, &step->Beta1Power)), ("beta2_power", At(step, &step->Beta2Power)),
            ("loss_sum", At(step, &step->LossSum)), ("correct", At(step, &step->Correct)), ("seed", At(step, &step->Seed)),
        ];
        Assert.Equal(CudaStep.FeedBytes, At(step, &step->Step));
        Assert.Equal(CudaStep.SumOffset, At(step, &step->LossSum));
        Assert.Equal(CudaStep.SumBytes, At(step, &step->Seed) - CudaStep.SumOffset);
        string text = StepText.Declarations + "\nextern \"C\" __global__ void offsets(const Step* step, int* to)\n{\n"
            + string.Concat(fields.Select(static (f, i) => $"    to[{i}] = (int)((const char*)&step->{f.Field} - (const char*)step);\n")) + $"    to[{fields.Length}] = sizeof(Step);\n}}\n";
        string ptx = Encoding.UTF8.GetString(KernelCompiler.Default.Compile(Encoding.UTF8.GetBytes(text), "step.cu", "compute_75").Image).TrimEnd('\0');
        using var memory = new DeviceMemory();
        ulong to = memory.Allocate((fields.Length + 1) * sizeof(int));
        byte[] arguments = new byte[16];
        BitConverter.TryWriteBytes(arguments, memory.Allocate(sizeof(CudaStep)));
        BitConverter.TryWriteBytes(arguments.AsSpan(8), to);
        new SimtMachine(memory, new ExecutionOptions()).Run(new Convoke.PtxEmulator.KernelLaunch(PtxModule.Parse(ptx).Kernels["offsets"], new Dim3(1, 1, 1), new Dim3(1, 1, 1), 0, arguments));
        Assert.Equal([.. fields.Select(static f => (int)f.Offset), sizeof(CudaStep)], new ReadOnlySpan<int>((void*)to, fields.Length + 1).ToArray());

        static nint At(CudaStep* origin, void* field) => (nint)((byte*)field - (byte*)origin);
    }
}
