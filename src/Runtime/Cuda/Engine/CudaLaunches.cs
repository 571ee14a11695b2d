using System.Runtime.InteropServices;
using Convoke.Compiled;

namespace Convoke;

/// <summary>The launches of one pass with their arguments laid out for the driver: enqueuing them allocates nothing.</summary>
internal sealed unsafe class CudaLaunches : IDisposable
{
    private readonly CudaLaunchPlan[] _plans;
    private readonly CudaKernelHandle[] _kernels;
    private readonly int[] _threads, _dynamicBytes;
    private readonly int[] _choice;
    private readonly bool _measures;

    /// <summary>Per launch the first of its argument pointers; they point into <see cref="_values"/>.</summary>
    private readonly int[] _firstArgument;

    private ulong* _values;
    private void** _pointers;

    /// <param name="network">All kernels of the program.</param>
    /// <param name="modules">Their handles, in the same order.</param>
    /// <param name="plans">The pass.</param>
    /// <param name="measures">Whether losses are wanted; otherwise kernels that offer them get no place for them.</param>
    /// <param name="choice">Values of the program's tunables.</param>
    public CudaLaunches(CudaPlan network, CudaKernelHandle[] modules, CudaLaunchPlan[] plans, bool measures, int[] choice)
    {
        (_plans, _measures, _choice) = (plans, measures, choice);
        _kernels = [.. plans.Select(plan => modules[plan.Kernel])];
        _threads = [.. plans.Select(plan => network.Kernels[plan.Kernel].Threads)];
        _dynamicBytes = [.. plans.Select(plan => network.Kernels[plan.Kernel].DynamicSharedBytes)];
        for (int i = 0; i < plans.Length; i++) _kernels[i].EnsureDynamicShared(_dynamicBytes[i]);
        _firstArgument = new int[plans.Length];
        int count = 0;
        for (int i = 0; i < plans.Length; i++)
        {
            _firstArgument[i] = count;
            count += plans[i].Arguments.Length;
        }
        _values = (ulong*)NativeMemory.AllocZeroed((nuint)Math.Max(count, 1), sizeof(ulong));
        _pointers = (void**)NativeMemory.Alloc((nuint)Math.Max(count, 1), (nuint)sizeof(void*));
        for (int i = 0; i < count; i++) _pointers[i] = _values + i;
    }

    ~CudaLaunches() => Free();

    /// <summary>Number of kernels that the pass launches.</summary>
    public int Count => _plans.Length;

    /// <summary>Takes the areas' addresses, after they moved.</summary>
    public void Bind(CudaAreas areas)
    {
        for (int i = 0; i < _plans.Length; i++)
        {
            for (int j = 0; j < _plans[i].Arguments.Length; j++)
            {
                CudaArgumentPlan argument = _plans[i].Arguments[j];
                if (argument.Area == CudaAreaPlan.Count) continue;
                bool isWanted = _measures || argument.Area is not (CudaAreaPlan.Losses or CudaAreaPlan.Correct);
                ulong address = isWanted ? areas[argument.Area] : 0;
                long floats = argument.Area == CudaAreaPlan.Batch ? (long)argument.OffsetFloats * areas.Capacity : argument.OffsetFloats;
                _values[_firstArgument[i] + j] = address == 0 ? 0 : address + ((ulong)floats * sizeof(float));
            }
        }
    }

    /// <summary>Enqueues all launches for a batch of <paramref name="n"/> samples.</summary>
    /// <param name="queue">Where.</param>
    /// <param name="n">Samples.</param>
    public void Enqueue(CudaQueue queue, int n)
    {
        for (int i = 0; i < _plans.Length; i++)
        {
            CudaLaunchPlan plan = _plans[i];
            int first = _firstArgument[i];
            for (int j = 0; j < plan.Arguments.Length; j++)
                if (plan.Arguments[j].Area == CudaAreaPlan.Count) _values[first + j] = (ulong)n;
            _kernels[i].Launch(queue, (uint)plan.Blocks(n, _choice), 1, 1, (uint)_threads[i], _dynamicBytes[i], _pointers + first);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        NativeMemory.Free(_values);
        NativeMemory.Free(_pointers);
        _values = null;
        _pointers = null;
    }
}
