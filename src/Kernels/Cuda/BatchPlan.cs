using Convoke.Kernels.Graphs;
using Convoke.Kernels.Scheduling;
using Buffer = Convoke.Kernels.Scheduling.Buffer;

namespace Convoke.Kernels.Cuda;

/// <summary>Where the values of a batch lie between launches: each for its interval of launches, values that never live together in the same place.</summary>
public sealed class BatchPlan
{
    private readonly Dictionary<int, Buffer> _sizes = [];
    private readonly SortedDictionary<int, (int First, int Last)> _uses = [];
    private Dictionary<int, Buffer> _places = [];

    /// <param name="schedule">The CPU's schedule, whose values are the same and need the same room.</param>
    public BatchPlan(Schedule schedule)
    {
        foreach (Buffer buffer in schedule.Buffers.Values.Where(static b => b.Id >= 0)) _sizes[buffer.Id] = buffer;
    }

    /// <summary>Floats per sample of all places.</summary>
    public int SampleFloats { get; private set; }

    /// <summary>Adds a value that only this plan knows.</summary>
    public void Add(int id, string name, string text, int sampleFloats) => _sizes[id] = new(id, name, text, sampleFloats, BufferScope.Batch, 0, 0, 0);

    /// <summary>Notes that launch <paramref name="launch"/> reads or writes a value.</summary>
    public void Use(int id, int launch) => _uses[id] = _uses.TryGetValue(id, out (int First, int Last) use) ? (Math.Min(use.First, launch), Math.Max(use.Last, launch)) : (launch, launch);

    /// <summary>Gives every value its place.</summary>
    public void Place()
    {
        Buffer[] buffers = [.. _uses.Select(u => _sizes[u.Key] with { Scope = BufferScope.Batch, First = u.Value.First, Last = u.Value.Last, OffsetFloats = 0 })];
        Schedule placed = ArenaPlanner.Plan([], [], buffers);
        _places = placed.Buffers.Values.ToDictionary(static b => b.Id);
        SampleFloats = placed.SampleFloats;
    }

    /// <summary>The argument that is a value's place.</summary>
    public CudaArgument this[int id] => new(CudaArea.Batch, _places[id].OffsetFloats, _places[id].SampleFloats);
}
