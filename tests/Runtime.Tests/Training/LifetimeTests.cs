using System.Numerics.Tensors;
using System.Runtime.CompilerServices;

namespace Convoke.Runtime.Tests.Training;

[Collection(QuietTests.Name)]
public sealed class LifetimeTests
{
    [Fact]
    public void Every_call_after_Dispose_says_so_and_a_second_Dispose_is_harmless()
    {
        Dataset data = ToyData.Clusters(3);
        SoftmaxModel net = SoftmaxModel.Create(threads: 2);
        net.Fit(ToyData.Clusters(40));
        Parameter kernel = net.Parameters[0];
        net.Dispose();
        net.Dispose();
        Action[] calls =
        [
            () => net.Fit(data), () => net.Evaluate(data), () => net.Predict(new float[12], new float[3]), () => net.PredictClass(new float[12]),
            () => net.PredictClasses(new float[12], new int[1]), () => net.TrainStep(new float[12], new int[1]), () => net.ComputeGradients(new float[12], new int[1]),
            () => net.Predict(new ReadOnlyTensorSpan<float>(new float[12], [1, 12]), new TensorSpan<float>(new float[3], [1, 3])),
            () => kernel.ToArray(), () => kernel.CopyFrom(new float[36]), () => kernel.CopyGradientTo(new float[36]),
        ];
        foreach (Action call in calls) Assert.Equal("ToyNet", Assert.Throws<ObjectDisposedException>(call).ObjectName);
    }

    [Fact]
    public void Dispose_frees_all_memory()
    {
        long before = Settle();
        using (SoftmaxModel net = SoftmaxModel.Create(threads: 3))
        {
            net.Fit(ToyData.Clusters(40), new() { Validation = ToyData.Clusters(9) });
            net.ComputeGradients(new float[12], new int[1]);
            Assert.True(AlignedMemory.LiveBytes > before + (4 * 13 * 16 * 5), "parameters, derived, gradients and two moments at least");
        }
        Assert.Equal(before, AlignedMemory.LiveBytes);
    }

    [Fact]
    public void A_model_that_only_predicts_never_pays_for_training()
    {
        long before = Settle();
        using SoftmaxModel net = SoftmaxModel.Create();
        net.PredictClass(new float[12]);
        long predicting = AlignedMemory.LiveBytes - before;
        net.TrainStep(new float[12], new int[1]);
        Assert.True(predicting < 2 * 4 * 13 * 16 + 2048, $"{predicting} bytes");
        Assert.True(AlignedMemory.LiveBytes - before > predicting + (4 * 13 * 16 * 34), "moments and 32 partials");
    }

    [Fact]
    public void A_lost_model_leaks_neither_memory_nor_threads()
    {
        long before = Settle();
        Thread[] threads = TrainAndLose();
        for (int i = 0; i < 50 && (AlignedMemory.LiveBytes != before || threads.Any(thread => thread.IsAlive)); i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            Thread.Sleep(10);
        }
        Assert.Equal(before, AlignedMemory.LiveBytes);
        Assert.All(threads, thread => Assert.False(thread.IsAlive));

        [MethodImpl(MethodImplOptions.NoInlining)]
        static Thread[] TrainAndLose()
        {
            SoftmaxModel net = SoftmaxModel.Create(threads: 3);
            System.Collections.Concurrent.ConcurrentDictionary<Thread, bool> seen = new();
            net.Program.OnTrainTask = _ =>
            {
                if (Thread.CurrentThread.Name?.StartsWith("Convoke worker", StringComparison.Ordinal) == true) seen.TryAdd(Thread.CurrentThread, true);
                SpinWait.SpinUntil(() => seen.Count == 2, TimeSpan.FromSeconds(30));   // so that every worker takes part
            };
            net.Fit(ToyData.Clusters(512), new() { BatchSize = 256 });
            Assert.Equal(2, seen.Count);
            return [.. seen.Keys];
        }
    }

    [Fact]
    public void A_second_thread_in_one_model_is_told_so()
    {
        using SoftmaxModel net = SoftmaxModel.Create();
        using ManualResetEventSlim inside = new(), leave = new();
        net.Program.OnTrainTask = _ =>
        {
            inside.Set();
            leave.Wait();
        };
        Thread trainer = new(() => net.TrainStep(new float[12], new int[1]));
        trainer.Start();
        inside.Wait();
        const string Busy = "ToyNet is in use: a model computes one call at a time. Wait for the other call, or create one model per thread.";
        Assert.Equal(Busy, Assert.Throws<InvalidOperationException>(() => net.PredictClass(new float[12])).Message);
        Assert.Equal(Busy, Assert.Throws<InvalidOperationException>(() => net.Parameters[0].ToArray()).Message);
        Assert.Equal("ToyNet is in use and cannot be disposed now.", Assert.Throws<InvalidOperationException>(net.Dispose).Message);
        leave.Set();
        trainer.Join();
        net.Program.OnTrainTask = null;
        Assert.Equal(1, net.Step);
        net.TrainStep(new float[12], new int[1]);
    }

    [Fact]
    public void A_kernel_that_throws_reaches_the_caller_and_leaves_the_model_usable()
    {
        using SoftmaxModel net = SoftmaxModel.Create(threads: 2);
        Dataset data = ToyData.Clusters(64);
        float[] before = net.Weights();
        net.Program.OnTrainTask = task => { if (task == 5) throw new InvalidDataException("task 5"); };
        Assert.Equal("task 5", Assert.Throws<InvalidDataException>(() => net.Fit(data, new() { BatchSize = 64 })).Message);
        Assert.Equal(before, net.Weights());
        net.Program.OnTrainTask = null;
        net.Fit(data);
    }

    /// <summary>Lets models that other tests lost go, so that live bytes stand still.</summary>
    private static long Settle()
    {
        for (int i = 0; i < 3; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
        return AlignedMemory.LiveBytes;
    }
}
