using System.Text;
using Convoke.Compiled;

namespace Convoke;

/// <summary>A program's kernels and passes for one choice of its tunables.</summary>
internal sealed class CudaVariant : IDisposable
{
    private readonly Stack<IDisposable> _owned = [];

    /// <param name="session">The device.</param>
    /// <param name="program">The program.</param>
    /// <param name="choice">Values of its tunables, in their order.</param>
    /// <param name="areas">The memory that the passes work on.</param>
    /// <param name="queue">Where they run.</param>
    /// <param name="useGraphs">Whether they become graphs.</param>
    public CudaVariant(CudaSession session, CudaProgram program, int[] choice, CudaAreas areas, CudaQueue queue, bool useGraphs)
    {
        CudaPlan plan = program.Plan;
        Choice = choice;
        try
        {
            CudaModuleHandle module = Own(session.LoadModule(Text(program, choice), plan.FileName));
            CudaKernelHandle[] kernels = [.. plan.Kernels.Select(kernel => module.GetKernel(kernel.Name))];
            CudaLaunches train = Bind(plan.Train, true), predict = Bind(plan.Predict, false), measured = Bind(plan.Predict, true), measure = Bind(plan.Measure, true);
            (Derive, Fold, Order) = (Bind(plan.Derive, false), Bind(plan.Fold, false), Bind(plan.Order, true));
            Train = Own(new CudaPass(areas, queue, useGraphs, train));
            Predict = Own(new CudaPass(areas, queue, useGraphs, predict));
            Evaluate = Own(new CudaPass(areas, queue, useGraphs, measured, measure));
            CudaTrace.Write(1, $"{plan.FileName}: {train.Count} kernels a training step, {predict.Count} a prediction");

            CudaLaunches Bind(CudaLaunchPlan[] pass, bool measures) => Own(new CudaLaunches(plan, kernels, pass, measures, choice));
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Values of the program's tunables.</summary>
    public int[] Choice { get; }

    /// <summary>A training step.</summary>
    public CudaPass Train { get; }

    /// <summary>A forward pass.</summary>
    public CudaPass Predict { get; }

    /// <summary>One with losses.</summary>
    public CudaPass Evaluate { get; }

    /// <summary>What rewrites derived layouts.</summary>
    public CudaLaunches Derive { get; }

    /// <summary>What derives for prediction only.</summary>
    public CudaLaunches Fold { get; }

    /// <summary>What computes an epoch's order.</summary>
    public CudaLaunches Order { get; }

    /// <summary>Where nobody chooses.</summary>
    public static int[] Default(CudaPlan plan) => Array.ConvertAll(plan.Tunables, static t => t.Default);

    /// <inheritdoc/>
    public void Dispose()
    {
        while (_owned.TryPop(out IDisposable? owned)) owned.Dispose();
    }

    /// <summary>The text behind definitions of what is not its default. Without any it is the text itself, and so has its image in the cache.</summary>
    private static ReadOnlySpan<byte> Text(CudaProgram program, int[] choice)
    {
        ReadOnlySpan<byte> text = program.Source;
        byte[] definitions = [];
        for (int i = 0; i < choice.Length; i++)
        {
            CudaTunablePlan tunable = program.Plan.Tunables[i];
            byte[] name = Encoding.UTF8.GetBytes(tunable.Name);
            if (choice[i] != tunable.Default && text.IndexOf(name) >= 0) definitions = [.. definitions, .. Encoding.UTF8.GetBytes($"#define {tunable.Name} {choice[i]}\n")];
        }
        return definitions.Length == 0 ? text : (byte[])[.. definitions, .. text];
    }

    private T Own<T>(T resource) where T : IDisposable
    {
        _owned.Push(resource);
        return resource;
    }
}
