using System.Runtime.CompilerServices;

namespace Convoke.EmulatedDriver.Tests.Controls;

/// <summary>The library has a runtime of its own, with its own collector and signal handlers, inside of the process of another.</summary>
public class CoexistenceTests
{
    [DriverFact]
    public void Both_runtimes_collect_and_throw_while_threads_call_from_one_into_the_other()
    {
        using var emulator = new Emulator("checks=none");
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(2));
        nint context = emulator.Context;
        int[] failures = new int[4];
        Thread[] threads = [.. Enumerable.Range(0, failures.Length).Select(i => new Thread(() =>
        {
            Emulator.Check(Cuda.cuCtxSetCurrent(context));
            for (int turn = 0; !stop.IsCancellationRequested; turn++)
            {
                bool isRight = Cuda.cuMemAlloc_v2(out ulong address, 64) == 0       // allocates there
                    && Cuda.cuMemFree_v2(address) == 0
                    && Cuda.cuMemFree_v2(address) == 1                              // throws and catches there
                    && Throws(null);                                                // a signal here
                if (!isRight) failures[i]++;
                if (turn % 50 == 0) GC.Collect();
            }
        }))];
        foreach (Thread thread in threads) thread.Start();
        foreach (Thread thread in threads) thread.Join();
        Assert.All(failures, static count => Assert.Equal(0, count));
        Assert.Equal(0, Emulator.Leaks.DeviceBlocks);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static bool Throws(string? text)
    {
        try
        {
            return text!.Length < 0;
        }
        catch (NullReferenceException)
        {
            return true;
        }
    }
}
