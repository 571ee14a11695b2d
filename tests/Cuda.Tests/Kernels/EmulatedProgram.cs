using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using Convoke.Compiled;
using Convoke.Kernels;
using Convoke.Kernels.Tests;
using Convoke.PtxEmulator;

namespace Convoke.Cuda.Tests.Kernels;

/// <summary>A model's emitted kernels, compiled by NVRTC to PTX, on the PTX emulator: the areas of memory and the launches of its plan, without the runtime.</summary>
internal sealed unsafe class EmulatedProgram : IDisposable
{
    private static readonly ConcurrentDictionary<(string Text, string FileName, string Architecture), Lazy<CompiledKernels>> Compiled = new();
    private readonly CompiledModel _model;
    private readonly DeviceMemory _memory = new();
    private readonly SimtMachine _machine;
    private readonly PtxModule _module;
    private readonly Dictionary<CudaArea, ulong> _areas = [];
    private readonly Dictionary<int, ulong> _batch = [];

    public EmulatedProgram(CompiledModel model, string ptx, int capacity, ExecutionOptions options)
    {
        _model = model;
        _machine = new SimtMachine(_memory, options);
        _module = PtxModule.Parse(ptx);
        CudaMemory cuda = model.Cuda.Memory;
        foreach (CudaArea area in (CudaArea[])[CudaArea.Parameters, CudaArea.Moment1, CudaArea.Moment2]) Clear(Allocate(area, model.Memory.ParameterFloats), model.Memory.ParameterFloats * 4);
        Allocate(CudaArea.Gradients, model.Memory.ParameterFloats);
        Allocate(CudaArea.Derived, cuda.DerivedFloats);
        // The run time's is zeroed, which operands of tensor cores count on where they are padded.
        if (model.Cuda.Capability > 0) Clear(_areas[CudaArea.Derived], cuda.DerivedFloats * 4);
        Allocate(CudaArea.Partials, cuda.PartialFloats);
        // A block of its own for every place in the batch's area, and of exactly its size: what a kernel writes beside it is out of bounds, and not just another value.
        foreach (IGrouping<int, CudaArgument> place in model.Cuda.Train.Concat(model.Cuda.Predict).SelectMany(static launch => launch.Arguments).Where(static a => a.Area == CudaArea.Batch).GroupBy(static a => a.OffsetFloats))
            _batch[place.Key] = _memory.Allocate((long)place.Max(static a => a.SampleFloats) * capacity * 4);
        Allocate(CudaArea.Losses, capacity * Math.Max(1, model.Spec.Losses.Count));
        Clear(Allocate(CudaArea.Totals, 2 * model.Spec.Losses.Count), 8 * model.Spec.Losses.Count);
        Allocate(CudaArea.Correct, capacity);
        Allocate(CudaArea.Output, capacity * model.Outputs.Sum(static o => o.Elements));
        Clear(Allocate(CudaArea.Step, sizeof(CudaStep) / 4), sizeof(CudaStep));
    }

    /// <summary>The step's record, in place.</summary>
    public ref CudaStep Step => ref *(CudaStep*)_areas[CudaArea.Step];

    /// <summary>What ran so far, in order.</summary>
    public List<EmulatedLaunch> Launches { get; } = [];

    /// <summary>PTX of a model's text, which compiles without a remark, or of a changed one. Of equal texts one is compiled, whichever test comes first.</summary>
    /// <param name="model">The model.</param>
    /// <param name="text">Null for its own.</param>
    /// <param name="capability">Compute capability, times ten, of the device that the text is for; null for the oldest that the model runs on.</param>
    public static string Compile(CompiledModel model, string? text = null, int? capability = null)
    {
        string architecture = $"compute_{capability ?? Math.Max(75, model.Cuda.Capability)}";
        CompiledKernels compiled = Compiled.GetOrAdd((text ?? model.Cuda.Text, model.Cuda.FileName, architecture),
            static key => new(() => KernelCompiler.Default.Compile(Encoding.UTF8.GetBytes(key.Text), key.FileName, key.Architecture))).Value;
        if (text is null && compiled.Remarks is [var remark, ..]) throw new InvalidOperationException($"{model.Cuda.FileName} does not compile without a remark: {remark}");
        return Encoding.UTF8.GetString(compiled.Image).TrimEnd('\0');
    }

    public Span<float> Area(CudaArea area, int floats) => new((void*)_areas[area], floats);

    public void Set(ParameterInfo parameter, ReadOnlySpan<float> elements)
    {
        for (int i = 0; i < elements.Length; i++) ((float*)_areas[CudaArea.Parameters])[parameter.OffsetFloats + StorageOrder.Offset(parameter, i)] = elements[i];
    }

    public float[] Get(ParameterInfo parameter, CudaArea area)
    {
        float[] elements = new float[parameter.Shape.Aggregate(1, static (a, b) => a * b)];
        for (int i = 0; i < elements.Length; i++) elements[i] = ((float*)_areas[area])[parameter.OffsetFloats + StorageOrder.Offset(parameter, i)];
        return elements;
    }

    /// <summary>Puts a set on the device, from which steps take their samples: bytes, or floats.</summary>
    public void SetSamples<T>(int samples, ReadOnlySpan<T> images, ReadOnlySpan<int> labels, ReadOnlySpan<float> targets) where T : unmanaged
    {
        Step.Images = Upload(images);
        Step.Bytes = sizeof(T) == 1 ? 1 : 0;
        Step.Labels = labels.Length > 0 ? Upload(labels) : 0;
        Step.Targets = targets.Length > 0 ? Upload(targets) : 0;
        Step.Samples = samples;
        Step.Position = 0;
        (Step.Beta1Power, Step.Beta2Power, Step.SecondMomentScale) = (1, 1, 1);
    }

    /// <summary>Has the device compute the order of an epoch over the set.</summary>
    public void Shuffle(KeyedPermutation order, int samples)
    {
        order.CopyTo(ref Step);
        Step.Order = _memory.Allocate(samples * sizeof(int));
        Run(_model.Cuda.Order, 1);
    }

    public void Derive() => Run(_model.Cuda.Derive, 1);

    public void Train(int n) => Run(_model.Cuda.Train, n);

    public void Predict(int n)
    {
        Run(_model.Cuda.Fold, 1);
        Run(_model.Cuda.Predict, n);
    }

    public void Evaluate(int n)
    {
        Predict(n);
        Run(_model.Cuda.Measure, n);
    }

    public void Run(IEnumerable<CudaLaunch> launches, int n)
    {
        foreach (CudaLaunch launch in launches)
        {
            CudaKernel kernel = _model.Cuda.Kernels[launch.Kernel];
            PtxKernel ptx = _module.Kernels[kernel.Name];
            if (launch.Arguments.Count != ptx.Parameters.Count) throw new InvalidOperationException($"{kernel.Name} takes {ptx.Parameters.Count} arguments, and the plan has {launch.Arguments.Count}");
            byte[] parameters = new byte[ptx.ParameterBytes];
            for (int i = 0; i < launch.Arguments.Count; i++)
            {
                CudaArgument argument = launch.Arguments[i];
                int bytes = argument.Area == CudaArea.Count ? 4 : 8;
                if (ptx.Parameters[i].Size != bytes) throw new InvalidOperationException($"argument {i} of {kernel.Name} has {ptx.Parameters[i].Size} bytes, and the plan's {bytes}");
                if (argument.Area == CudaArea.Count) MemoryMarshal.Write(parameters.AsSpan(ptx.Parameters[i].Offset), n);
                else MemoryMarshal.Write(parameters.AsSpan(ptx.Parameters[i].Offset), Address(argument));
            }

            int blocks = launch.Grid.Blocks(n);
            Launches.Add(new(launch, kernel, blocks, _machine.Run(new Convoke.PtxEmulator.KernelLaunch(ptx, new Dim3((uint)blocks, 1, 1), new Dim3((uint)kernel.Threads, 1, 1), kernel.DynamicBytes, parameters))));
        }
    }

    public void Dispose() => _memory.Dispose();

    private ulong Address(CudaArgument argument)
    {
        if (argument.Area == CudaArea.None) return 0;
        return argument.Area == CudaArea.Batch ? _batch[argument.OffsetFloats] : _areas[argument.Area] + ((ulong)argument.OffsetFloats * 4);
    }

    private ulong Allocate(CudaArea area, int floats) => _areas[area] = _memory.Allocate(Math.Max(floats, 1) * 4L);

    private void Clear(ulong address, int bytes)
    {
        new Span<byte>((void*)address, bytes).Clear();
        _memory.MarkInitialized(address, bytes);
    }

    private ulong Upload<T>(ReadOnlySpan<T> data) where T : unmanaged
    {
        ulong address = _memory.Allocate(data.Length * sizeof(T));
        data.CopyTo(new Span<T>((void*)address, data.Length));
        _memory.MarkInitialized(address, data.Length * sizeof(T));
        return address;
    }
}

/// <summary>One launch that ran, and what it did; requests are counted where the options say so.</summary>
internal sealed record EmulatedLaunch(CudaLaunch Launch, CudaKernel Kernel, int Blocks, LaunchCounters Counters);
