namespace Convoke.PtxEmulator.Tests.Execution;

/// <summary>The shadow keeps two entries a word; a model that keeps every access must find the same first conflict.</summary>
public class AccessShadowTests
{
    private const int Bytes = 4096, Warps = 3;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Finds_what_a_full_history_finds(int seed)
    {
        Random random = new(seed);
        int conflicts = 0;
        using AccessShadow shadow = new(Bytes);
        uint next = 1;
        for (int launch = 0; launch < 60; launch++)
        {
            List<Access> history = [];
            RaceClock clock = new(next, next, next);
            uint[] warpEpochs = new uint[Warps];
            // Few addresses make conflicts, many make long histories without one.
            int range = random.Next(4) == 0 ? 16 : Bytes, stores = random.Next(2, 300);
            for (int step = 0; step < 120; step++)
            {
                int what = random.Next(12);
                if (what == 0)
                {
                    clock = clock with { Current = clock.Current + 1 };
                    Array.Clear(warpEpochs);
                }
                else if (what == 1 && random.Next(4) == 0)
                {
                    clock = new(clock.Launch, clock.Current + 1, clock.Current + 1);
                    Array.Clear(warpEpochs);
                }
                else if (what == 2)
                {
                    warpEpochs[random.Next(Warps)]++;
                }
                else
                {
                    bool store = random.Next(stores) == 0;
                    int warp = random.Next(Warps), lane = random.Next(32), size = 1 << random.Next(5), at = random.Next(range / size) * size;
                    bool run = size >= 4 && size * 32 <= Bytes && random.Next(3) == 0, uniform = !run && !store && random.Next(3) == 0;
                    Access[] accesses = run ? [.. Enumerable.Range(0, 32).Select(l => New(l, l * size))] : uniform ? [.. Enumerable.Range(0, 32).Select(l => New(l, at))] : [New(lane, at)];
                    bool expected = accesses.Any(a => history.Any(h => h.ConflictsWith(a)));
                    bool found = run ? Run(shadow, clock, accesses, store) : Single(shadow, clock, accesses, store, uniform);
                    Assert.Equal(expected, found);
                    if (expected)
                    {
                        conflicts++;
                        break;
                    }
                    history.AddRange(accesses);

                    Access New(int l, int offset) => new(clock.Block, clock.Current, warpEpochs[warp], warp * 32 + l, offset, size, store);
                }
            }
            next = clock.Current + 1;
        }
        Assert.InRange(conflicts, 10, 55);
    }

    private static bool Single(AccessShadow shadow, RaceClock clock, Access[] accesses, bool store, bool uniform)
    {
        Access a = accesses[0];
        ulong self = uniform ? AccessEntry.OfWarp(clock.Current, a.WarpEpoch, a.Thread / 32) : AccessEntry.OfThread(clock.Current, a.WarpEpoch, a.Thread);
        return shadow.Access(a.Offset, a.Size, store, clock, self) != 0;
    }

    private static bool Run(AccessShadow shadow, RaceClock clock, Access[] accesses, bool store)
    {
        int shift = int.Log2(accesses[0].Size) - 2;
        if (shadow.TryAccessRun(accesses[0].Offset, shift, store, clock, AccessEntry.OfThread(clock.Current, accesses[0].WarpEpoch, accesses[0].Thread))) return false;
        return accesses.Any(a => Single(shadow, clock, [a], store, false));
    }

    private sealed record Access(uint Block, uint Interval, uint WarpEpoch, int Thread, int Offset, int Size, bool Store)
    {
        public bool ConflictsWith(Access now)
        {
            if (Offset + Size <= now.Offset || now.Offset + now.Size <= Offset || !(Store || now.Store)) return false;
            if (Block != now.Block) return true;
            if (Interval != now.Interval || Thread == now.Thread) return false;
            return Thread / 32 != now.Thread / 32 || WarpEpoch >= now.WarpEpoch;
        }
    }
}
