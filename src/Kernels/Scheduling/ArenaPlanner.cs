namespace Convoke.Kernels.Scheduling;

/// <summary>Gives every buffer its place: values that are never needed at the same time share memory.</summary>
/// <remarks>Greedy by size, each at the lowest offset that no overlapping interval takes: at most a few buffers, so quadratic is fine.</remarks>
public static class ArenaPlanner
{
    public static Schedule Plan(IReadOnlyList<GroupLoop> loops, IReadOnlyList<KernelGroup> parameters, IReadOnlyList<Buffer> buffers)
    {
        var placed = new Dictionary<int, Buffer>();
        int sample = Place([.. buffers.Where(static b => b.Scope == BufferScope.Batch)], placed);
        int task = Place([.. buffers.Where(static b => b.Scope is BufferScope.Chunk or BufferScope.Image)], placed);
        foreach (Buffer bordered in buffers.Where(static b => b.Scope == BufferScope.Bordered))
        {
            placed[bordered.Id] = bordered with { OffsetFloats = task };
            task += bordered.ArenaFloats;
        }

        return Verify(new(loops, parameters, placed, sample, task));
    }

    private static int Place(List<Buffer> buffers, Dictionary<int, Buffer> placed)
    {
        var done = new List<Buffer>();
        int end = 0;
        foreach (Buffer buffer in buffers.OrderByDescending(static b => b.ArenaFloats).ThenBy(static b => b.Id))
        {
            int offset = 0;
            foreach (Buffer other in done.Where(o => Overlap(o, buffer)).OrderBy(static o => o.OffsetFloats))
            {
                if (offset + buffer.ArenaFloats <= other.OffsetFloats) break;
                offset = Math.Max(offset, other.OffsetFloats + other.ArenaFloats);
            }

            Buffer here = buffer with { OffsetFloats = offset };
            done.Add(here);
            placed[here.Id] = here;
            end = Math.Max(end, offset + here.ArenaFloats);
        }

        return end;
    }

    private static bool Overlap(Buffer a, Buffer b) => a.First <= b.Last && b.First <= a.Last;

    /// <exception cref="InvalidOperationException">Two values that are needed at the same time share memory, or an offset is not aligned.</exception>
    private static Schedule Verify(Schedule schedule)
    {
        Buffer[] all = [.. schedule.Buffers.Values];
        foreach (Buffer a in all)
        {
            if (a.OffsetFloats % Panels.Line != 0 || a.SampleFloats % Panels.Line != 0) throw new InvalidOperationException($"{a.Name} at {a.OffsetFloats} is not aligned");
            foreach (Buffer b in all)
            {
                bool sameArena = (a.Scope == BufferScope.Batch) == (b.Scope == BufferScope.Batch);
                bool alive = Overlap(a, b) || a.Scope == BufferScope.Bordered || b.Scope == BufferScope.Bordered;
                if (a.Id < b.Id && sameArena && alive && a.OffsetFloats < b.OffsetFloats + b.ArenaFloats && b.OffsetFloats < a.OffsetFloats + a.ArenaFloats)
                    throw new InvalidOperationException($"{a.Name} and {b.Name} share memory while both are needed");
            }
        }

        return schedule;
    }
}
