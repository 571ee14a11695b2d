namespace Convoke.PtxEmulator.Tests.Execution;

public unsafe class MemoryTests
{
    [Fact]
    public void Allocations_are_aligned_poisoned_and_apart()
    {
        using DeviceMemory memory = new(1 << 20);
        ulong a = memory.Allocate(1000), b = memory.Allocate(4);
        Assert.Equal((0ul, 0ul), (a % 256, b % 256));
        Assert.True(b >= a + 1000 + 256 || a >= b + 4 + 256);
        Assert.All(new ReadOnlySpan<byte>((void*)a, 1000).ToArray(), static x => Assert.Equal(0xCD, x));
        Assert.False(memory.IsInitialized(a, 1));
        memory.MarkInitialized(a + 3, 200);
        Assert.True(memory.IsInitialized(a + 3, 200));
        Assert.False(memory.IsInitialized(a + 2, 2));
        Assert.False(memory.IsInitialized(a + 202, 2));
    }

    [Fact]
    public void An_address_is_never_handed_out_twice()
    {
        using DeviceMemory memory = new(1 << 20);
        HashSet<ulong> seen = [];
        for (int i = 0; i < 2000; i++)
        {
            ulong address = memory.Allocate(100_000);
            Assert.True(seen.Add(address));
            memory.Free(address);
            Assert.Null(memory.Find(address));
        }
        Assert.Equal((0, 0L), (memory.LiveAllocations, memory.LiveBytes));
    }

    [Fact]
    public void The_capacity_is_kept()
    {
        using DeviceMemory memory = new(1000);
        ulong first = memory.Allocate(600);
        Assert.Throws<OutOfDeviceMemoryException>(() => memory.Allocate(401));
        memory.Allocate(400);
        memory.Free(first);
        memory.Allocate(600);
        Assert.Equal(1000, memory.LiveBytes);
    }

    [Fact]
    public void Find_knows_exact_bounds()
    {
        using DeviceMemory memory = new();
        ulong a = memory.Allocate(10);
        Assert.Equal(new Allocation(a, 10), memory.Find(a + 9));
        Assert.Null(memory.Find(a + 10));
        Assert.Null(memory.Find(a - 1));
        Assert.Throws<ArgumentException>(() => memory.Free(a + 1));
        Assert.Throws<ArgumentException>(() => memory.MarkInitialized(a + 5, 6));
        memory.Free(a);
        Assert.Throws<ArgumentException>(() => memory.Free(a));
    }

    [Fact]
    public void Variables_of_a_module_are_no_allocations()
    {
        using DeviceMemory memory = new();
        ulong counter = memory.Place(Golden.Kernels)["counter"];
        Assert.Equal(7u, *(uint*)counter);
        Assert.Equal(0, memory.LiveAllocations);
        Assert.Throws<ArgumentException>(() => memory.Free(counter));
        memory.Unplace(Golden.Kernels);
        Assert.Null(memory.Find(counter));
    }
}
