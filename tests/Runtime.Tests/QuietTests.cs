namespace Convoke.Runtime.Tests;

/// <summary>Tests that count bytes of the whole process, and so run with no other beside them.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class QuietTests
{
    public const string Name = "Quiet";
}

/// <summary>Counts managed bytes of a call on all threads.</summary>
internal static class AllocatedBytes
{
    /// <summary>Fails unless the warm call allocates nothing, on its own thread and on all of them.</summary>
    public static void AssertNone(Action call)
    {
        for (int i = 0; i < 50; i++) call();
        long own = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 20; i++) call();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - own);
        Assert.Equal(0, Least(call));
    }

    /// <summary>Least of several counts, as the test host's own threads allocate now and then.</summary>
    public static long Least(Action call)
    {
        long least = long.MaxValue;
        for (int attempt = 0; attempt < 20; attempt++)
        {
            long before = GC.GetTotalAllocatedBytes(precise: true);
            call();
            least = Math.Min(least, GC.GetTotalAllocatedBytes(precise: true) - before);
        }
        return least;
    }
}
