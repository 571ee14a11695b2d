using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using Convoke.Kernels;
using Convoke.Kernels.Cuda;
using Convoke.PtxEmulator;

namespace Convoke.Cuda.Tests.Kernels;

/// <summary>One kernel template on the emulator, by itself: what it emits is compiled by NVRTC, and runs on arrays of the test's, under all checks.</summary>
internal sealed unsafe class TemplateBench : IDisposable
{
    private readonly DeviceMemory _memory = new();
    private readonly SimtMachine _machine;
    private readonly Dictionary<string, PtxModule> _modules = [];

    public TemplateBench(int seed) => _machine = new SimtMachine(_memory, new ExecutionOptions { OrderSeed = (ulong)seed });

    /// <summary>The text that ran last, for messages.</summary>
    public string Text { get; private set; } = "";

    /// <summary>Memory with contents; what a kernel writes beside it is a fault.</summary>
    public ulong Upload<T>(ReadOnlySpan<T> data) where T : unmanaged
    {
        ulong address = _memory.Allocate(Math.Max(1, data.Length) * sizeof(T));
        data.CopyTo(new Span<T>((void*)address, data.Length));
        _memory.MarkInitialized(address, data.Length * sizeof(T));
        return address;
    }

    /// <summary>Memory that nobody has written yet.</summary>
    public ulong Allocate(int floats) => _memory.Allocate(floats * sizeof(float));

    public T[] Download<T>(ulong address, int count) where T : unmanaged
    {
        Assert.True(_memory.IsInitialized(address, count * sizeof(T)), "not all of the result was written\n" + Text);
        return new ReadOnlySpan<T>((void*)address, count).ToArray();
    }

    /// <summary>Emits, compiles without a remark, and runs.</summary>
    /// <param name="emit">The template.</param>
    /// <param name="grid">Its grid.</param>
    /// <param name="n">Samples.</param>
    /// <param name="arguments">Addresses, or the batch size.</param>
    public void Run(Func<CudaWriter, CudaKernel> emit, CudaGrid grid, int n, params object[] arguments)
    {
        var writer = new CudaWriter();
        writer.Code.Line(StepText.Declarations);
        CudaKernel kernel = emit(writer);
        Text = writer.Code.ToString();
        if (!_modules.TryGetValue(Text, out PtxModule? module))
        {
            CompiledKernels compiled = KernelCompiler.Default.Compile(Encoding.UTF8.GetBytes(Text), "template.cu", "compute_75");
            Assert.Empty(compiled.Remarks);
            _modules[Text] = module = PtxModule.Parse(Encoding.UTF8.GetString(compiled.Image).TrimEnd('\0'));
        }

        PtxKernel ptx = module.Kernels[kernel.Name];
        Assert.Equal(arguments.Length, ptx.Parameters.Count);
        byte[] parameters = new byte[ptx.ParameterBytes];
        for (int i = 0; i < arguments.Length; i++)
        {
            Assert.Equal(arguments[i] is int ? 4 : 8, ptx.Parameters[i].Size);
            if (arguments[i] is int count) MemoryMarshal.Write(parameters.AsSpan(ptx.Parameters[i].Offset), count);
            else MemoryMarshal.Write(parameters.AsSpan(ptx.Parameters[i].Offset), (ulong)arguments[i]);
        }

        _ = _machine.Run(new Convoke.PtxEmulator.KernelLaunch(ptx, new Dim3((uint)grid.Blocks(n), 1, 1), new Dim3((uint)kernel.Threads, 1, 1), kernel.DynamicBytes, parameters));
    }

    public void Dispose() => _memory.Dispose();

    /// <summary>A stored map: random multiples of 1/16, zeros in the padding.</summary>
    public static float[] Map(Random random, int pixels, int channels, int stored)
    {
        float[] map = new float[pixels * stored];
        for (int i = 0; i < map.Length; i++)
            if (i % stored < channels) map[i] = random.Next(-16, 17) / 16f;
        return map;
    }

    public static void Near(IReadOnlyList<double> expected, ReadOnlySpan<float> actual, string what, double tolerance = 2e-5)
    {
        Assert.Equal(expected.Count, actual.Length);
        double scale = Math.Max(expected.Max(Math.Abs), 1e-3);
        for (int i = 0; i < expected.Count; i++)
            Assert.True(Math.Abs(expected[i] - actual[i]) <= tolerance * scale, $"{what}[{i}]: expected {expected[i]}, got {actual[i]}, scale {scale}");
    }
}
