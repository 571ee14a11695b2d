using System.Runtime.InteropServices;

namespace Convoke.PtxEmulator.Tests;

/// <summary>Memory and a machine for one test, with copies by arrays.</summary>
internal sealed unsafe class Device(ExecutionOptions? options = null) : IDisposable
{
    public DeviceMemory Memory { get; } = new(1L << 30);

    public ExecutionOptions Options { get; } = options ?? new();

    /// <summary>Memory whose contents count as never written.</summary>
    public ulong Raw(long bytes) => Memory.Allocate(bytes);

    public ulong Upload<T>(params ReadOnlySpan<T> values)
        where T : unmanaged
    {
        ulong address = Memory.Allocate(values.Length * sizeof(T));
        values.CopyTo(new((void*)address, values.Length));
        Memory.MarkInitialized(address, values.Length * sizeof(T));
        return address;
    }

    public static T[] Download<T>(ulong address, int count)
        where T : unmanaged => new ReadOnlySpan<T>((void*)address, count).ToArray();

    /// <summary>Runs a kernel whose arguments are given as ulong (pointers), int or float.</summary>
    public LaunchCounters Run(PtxKernel kernel, Dim3 grid, Dim3 block, int dynamicShared, params ReadOnlySpan<object> arguments)
    {
        byte[] parameters = new byte[kernel.ParameterBytes];
        Assert.Equal(kernel.Parameters.Count, arguments.Length);
        for (int i = 0; i < arguments.Length; i++)
        {
            Span<byte> target = parameters.AsSpan(kernel.Parameters[i].Offset, kernel.Parameters[i].Size);
            switch (arguments[i])
            {
                case ulong pointer: MemoryMarshal.Write(target, pointer); break;
                case int value: MemoryMarshal.Write(target, value); break;
                case float value: MemoryMarshal.Write(target, value); break;
                default: throw new ArgumentException($"argument {i}", nameof(arguments));
            }
        }
        return new SimtMachine(Memory, Options).Run(new(kernel, grid, block, dynamicShared, parameters));
    }

    public void Dispose() => Memory.Dispose();
}
