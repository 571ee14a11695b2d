using System.Runtime.CompilerServices;

namespace Convoke.Runtime.Tests.Devices;

[Collection(QuietTests.Name)]
public sealed class WorkerPoolTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Every_task_runs_once_in_many_thousand_runs(int threads)
    {
        using WorkerPool pool = new(threads);
        Counting work = new(64, threads);
        for (int run = 0; run < 20_000; run++)
        {
            int count = (run * 31) % 65;
            pool.Run(work, count);
            work.Check(count, run);
        }
    }

    [Theory]
    [InlineData(2)]
    [InlineData(4)]
    public void Runs_after_a_pause_wake_sleeping_threads(int threads)
    {
        using WorkerPool pool = new(threads);
        Counting work = new(64, threads);
        for (int run = 0; run < 300; run++)
        {
            if (run % 3 == 0) Thread.Sleep(1);   // longer than any spin: the threads sleep
            else if (run % 3 == 1) Thread.SpinWait(run * 40);   // about as long as the spin: the flag is being raised
            pool.Run(work, 8);
            work.Check(8, run);
        }
    }

    [Fact]
    public void Slow_tasks_are_shared_by_all_threads_and_awaited_by_a_sleeping_caller()
    {
        using WorkerPool pool = new(4);
        using Barrier all = new(4);
        List<int> workers = [];
        for (int run = 0; run < 5; run++)
        {
            workers.Clear();
            pool.Run(
                new Acting((_, worker) =>
                {
                    // Four tasks that wait for each other need four threads; the caller's then ends first, and it has to block.
                    Assert.True(all.SignalAndWait(TimeSpan.FromSeconds(30)));
                    if (worker > 0) Thread.Sleep(5);
                    lock (workers) workers.Add(worker);
                }),
                4);
            Assert.Equal([0, 1, 2, 3], workers.Order());
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void The_first_exception_reaches_the_caller_and_the_pool_goes_on(int threads)
    {
        using WorkerPool pool = new(threads);
        Counting work = new(64, threads);
        for (int run = 0; run < 200; run++)
        {
            int bad = run % 16;
            Acting failing = new((task, _) => { if (task == bad) throw new InvalidDataException($"task {task}"); });
            Assert.Equal($"task {bad}", Assert.Throws<InvalidDataException>(() => pool.Run(failing, 16)).Message);
            pool.Run(work, 16);
            work.Check(16, run);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_task_that_starts_a_run_is_refused(int threads)
    {
        using WorkerPool pool = new(threads);
        Acting inner = new((_, _) => { });
        Acting outer = new((_, _) => pool.Run(inner, 2));
        Assert.Contains("is running already", Assert.Throws<InvalidOperationException>(() => pool.Run(outer, 2)).Message, StringComparison.Ordinal);
        Acting disposing = new((_, _) => pool.Dispose());
        Assert.Contains("cannot be disposed now", Assert.Throws<InvalidOperationException>(() => pool.Run(disposing, 2)).Message, StringComparison.Ordinal);
        pool.Run(inner, 2);
    }

    [Fact]
    public void Dispose_ends_threads_that_sleep_or_spin_or_never_started()
    {
        for (int i = 0; i < 60; i++)
        {
            List<Thread> threads = [];
            WorkerPool pool = new(3);
            if (i % 3 > 0)
            {
                pool.Run(new Acting((_, worker) =>
                {
                    if (worker > 0)
                        lock (threads) threads.Add(Thread.CurrentThread);
                    Thread.Sleep(1);
                }), 12);
            }
            if (i % 3 == 2) Thread.Sleep(2);
            pool.Dispose();
            pool.Dispose();
            Assert.All(threads, thread => Assert.False(thread.IsAlive));
            Assert.Throws<ObjectDisposedException>(() => pool.Run(new Acting((_, _) => { }), 3));
        }
    }

    [Fact]
    public void A_lost_pool_ends_its_threads_even_where_its_last_work_refers_to_it()
    {
        Thread[] threads = RunAndLose();
        for (int i = 0; i < 100 && threads.Any(thread => thread.IsAlive); i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            Thread.Sleep(10);
        }
        Assert.All(threads, thread => Assert.False(thread.IsAlive));

        [MethodImpl(MethodImplOptions.NoInlining)]
        static Thread[] RunAndLose()
        {
            WorkerPool pool = new(2);
            using Barrier both = new(2);
            Thread? other = null;
            pool.Run(
                new Acting((_, worker) =>
                {
                    both.SignalAndWait(TimeSpan.FromSeconds(30));
                    if (worker == pool.Threads - 1) other = Thread.CurrentThread;
                }),
                2);
            return [other!];
        }
    }

    [Fact]
    public void A_run_allocates_nothing()
    {
        using WorkerPool pool = new(3);
        Counting work = new(64, 3);
        AllocatedBytes.AssertNone(() => pool.Run(work, 32));
        AllocatedBytes.AssertNone(() =>
        {
            Thread.Sleep(1);   // threads that slept
            pool.Run(work, 32);
        });
    }

    /// <summary>Counts how often each task ran, and that worker numbers are in range.</summary>
    private sealed class Counting(int most, int threads) : IndexedWork
    {
        private readonly int[] _runs = new int[most];

        public override void Execute(int task, int worker)
        {
            if ((uint)worker >= (uint)threads) throw new InvalidOperationException($"worker {worker}");
            Interlocked.Increment(ref _runs[task]);
        }

        public void Check(int count, int run)
        {
            for (int task = 0; task < _runs.Length; task++)
            {
                int expected = task < count ? 1 : 0;
                if (_runs[task] != expected) Assert.Fail($"run {run}: task {task} ran {_runs[task]} times, not {expected}");
                _runs[task] = 0;
            }
        }
    }

    private sealed class Acting(Action<int, int> act) : IndexedWork
    {
        public override void Execute(int task, int worker) => act(task, worker);
    }
}
