using Convoke.Compiled;

namespace Convoke;

/// <summary>Finds values of a program's tunables by timing training steps on copies of a model's memory. What was found once on a device is kept and taken again.</summary>
/// <param name="network">The model.</param>
/// <param name="program">Its program.</param>
/// <param name="session">The device.</param>
/// <param name="queue">The model's queue.</param>
/// <param name="useGraphs">Whether steps are graphs.</param>
internal sealed unsafe class CudaTuner(NetworkPlan network, CudaProgram program, CudaSession session, CudaQueue queue, bool useGraphs)
{
    /// <summary>Steps before any is timed: the first is launched, the second captured.</summary>
    private const int WarmSteps = 3, TimedSteps = 15;

    /// <summary>Times of one kernel differ by as much from run to run; what is no better than that is no reason to leave the defaults.</summary>
    private const double LeastGain = 0.02;

    /// <summary>The values for batches of about <paramref name="count"/> samples: those that were kept, else those that are found now, and kept.</summary>
    /// <param name="areas">The model's memory, of which nothing changes, with the step's record for a batch.</param>
    /// <param name="count">Samples of that batch.</param>
    public int[] Choose(CudaAreas areas, int count)
    {
        CudaPlan plan = program.Plan;
        int[] usual = CudaVariant.Default(plan);
        if (plan.Tunables.Length == 0) return usual;
        TunedChoices kept = new(session.Cache.Folder);
        if (kept.Folder is null)
        {
            // Times differ from run to run: without a place to keep the choice, so would the bits.
            CudaTrace.Write(1, $"{plan.FileName}: nothing is tuned, as there is no cache to keep it in");
            return usual;
        }
        string key = TunedChoices.Key(session.Device, CudaDriver.DriverVersion(), KernelCompiler.Default.Identity, program.Source, count);
        if (kept.TryRead(key, plan.Tunables) is { } known) return known;
        try
        {
            int[] found = Measure(areas, count);
            kept.TryWrite(key, plan.Tunables, found);
            return found;
        }
        catch (CudaException failure) when (!session.IsLost)
        {
            CudaTrace.Write(1, $"{plan.FileName}: nothing is tuned: {failure.Message}");
            return usual;
        }
    }

    /// <summary>One tunable after the other, each candidate beside the best values of those before it. A candidate must be better by <see cref="LeastGain"/>.</summary>
    /// <param name="tunables">The tunables.</param>
    /// <param name="time">Time of a step with such values.</param>
    public static int[] Search(CudaTunablePlan[] tunables, Func<int[], double> time)
    {
        int[] best = Array.ConvertAll(tunables, static t => t.Default);
        double least = time(best);
        for (int i = 0; i < tunables.Length; i++)
        {
            int[] from = best;
            foreach (int candidate in tunables[i].Candidates)
            {
                int[] tried = [.. from];
                tried[i] = candidate;
                double taken = time(tried);
                if (taken < least * (1 - LeastGain)) (best, least) = (tried, taken);
            }
        }
        return best;
    }

    private int[] Measure(CudaAreas areas, int count)
    {
        using CudaAreas copy = new(network, program.Plan, session, queue);
        copy.EnsureTraining();
        copy.EnsureBatch(count);
        queue.CopyOnDevice(copy[CudaAreaPlan.Parameters], areas[CudaAreaPlan.Parameters], (long)network.ParameterFloats * sizeof(float));
        if (program.Plan.DerivedFloats > 0) queue.CopyOnDevice(copy[CudaAreaPlan.Derived], areas[CudaAreaPlan.Derived], (long)program.Plan.DerivedFloats * sizeof(float));
        try
        {
            return Search(program.Plan.Tunables, Time);
        }
        finally
        {
            // Steps under way use the copy.
            if (!session.IsLost) queue.Synchronize();
        }

        double Time(int[] choice)
        {
            using CudaVariant variant = new(session, program, choice, copy, queue, useGraphs);
            double[] times = new double[TimedSteps];
            using CudaMark start = queue.Mark(), end = queue.Mark();
            for (int step = -WarmSteps; step < TimedSteps; step++)
            {
                // A step moves the record on; each begins where the model stands.
                queue.CopyOnDevice(copy[CudaAreaPlan.Step], areas[CudaAreaPlan.Step], sizeof(CudaStep));
                start.Record(queue);
                variant.Train.Enqueue(count);
                end.Record(queue);
                queue.Synchronize();
                if (step >= 0) times[step] = CudaMark.Milliseconds(start, end);
            }
            Array.Sort(times);
            double median = times[TimedSteps / 2];
            CudaTrace.Write(1, $"{program.Plan.FileName}: {string.Join(", ", program.Plan.Tunables.Select((t, i) => $"{t.Name} {choice[i]}"))}: {median * 1000:0.0} us a step of {count}");
            return median;
        }
    }
}
