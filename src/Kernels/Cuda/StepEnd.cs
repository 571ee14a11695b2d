namespace Convoke.Kernels.Cuda;

/// <summary>What ends a step or a measured forward pass: adds the batch's losses and right answers, and moves on to the next batch.</summary>
/// <param name="Losses">Losses of a sample. Where there are several, their sums lie in an area of their own.</param>
/// <param name="Counts">Whether right answers are counted.</param>
public sealed record StepEnd(int Losses, bool Counts)
{
    /// <summary>Shared memory of the helper.</summary>
    public int SharedBytes => 128 * (Counts ? 12 : 8);

    /// <summary>Parameters that a kernel takes to call it, but for the step and the batch size.</summary>
    public string Parameters => "const float* __restrict__ losses" + (Counts ? ", const int* __restrict__ correct" : "") + (Losses > 1 ? ", double* __restrict__ totals" : "");

    /// <summary>Their arguments.</summary>
    public IEnumerable<CudaArgument> Arguments =>
        [new(CudaArea.Losses), .. Counts ? new CudaArgument[] { new(CudaArea.Correct) } : [], .. Losses > 1 ? new CudaArgument[] { new(CudaArea.Totals) } : []];

    /// <summary>The call, in a kernel of at least 128 threads, given shared memory for the sums.</summary>
    public string Call(string sums) => $"finish({sums}, step, losses, {(Counts ? "correct, " : "")}{(Losses > 1 ? "totals, " : "")}batch);";

    /// <summary>Emits the helper.</summary>
    public void EmitHelper(CudaWriter writer)
    {
        string sums = $$"""
            // one sum a thread, in shared memory
            struct Sums
            {
                double loss[128];{{(Counts ? "\n    int correct[128];" : "")}}
            };

            // Run by one block of at least 128, behind the last reader of the order: adds the batch's losses in a fixed order, and moves on to the next batch.
            __device__ __forceinline__ void finish(Sums& sums, Step* __restrict__ step, {{Parameters}}, int batch)
            """;
        string reduce = $$"""
            for (int half = THREADS / 2; half > 0; half /= 2)
            {
                __syncthreads();
                if (thread < half)
                {
                    sums.loss[thread] += sums.loss[thread + half];{{(Counts ? "\n        sums.correct[thread] += sums.correct[thread + half];" : "")}}
                }
            }
            """;
        string end = $$"""
                if (thread != 0) return;
                if (step->bad)
                {
                    if (step->failed_step == 0) step->failed_step = step->step;
                    return;
                }
                {{(Losses == 1 ? "step->loss_sum += sums.loss[0];\n    " : "")}}{{(Counts ? "step->correct += sums.correct[0];\n    " : "")}}step->position += batch;
            }
            """;
        writer.Helper("finish", sums + "\n" + (Losses == 1 ? One(reduce) : Several(reduce)) + "\n" + end);
    }

    private string One(string reduce) => $$"""
        {
            constexpr int THREADS = 128;
            const int thread = threadIdx.x;
            double loss = 0;{{(Counts ? "\n    int right = 0;" : "")}}
            for (int n = thread; n < batch; n += THREADS)
            {
                loss += losses[n];{{(Counts ? "\n        right += correct[n];" : "")}}
            }
            if (thread < THREADS)
            {
                sums.loss[thread] = loss;{{(Counts ? "\n        sums.correct[thread] = right;" : "")}}
            }
            {{reduce.Replace("\n", "\n    ")}}
        """;

    private string Several(string reduce) => $$"""
        {
            constexpr int THREADS = 128, LOSSES = {{Losses}};
            const int thread = threadIdx.x;{{(Counts ? "\n    int right = 0;\n    for (int n = thread; n < batch; n += THREADS) right += correct[n];" : "")}}
            for (int which = 0; which < LOSSES; ++which)
            {
                double loss = 0;
                for (int n = thread; n < batch; n += THREADS) loss += losses[(size_t)n * LOSSES + which];
                __syncthreads();        // thread 0 still reads the sum before
                if (thread < THREADS)
                {
                    sums.loss[thread] = loss;{{(Counts ? "\n            sums.correct[thread] = right;" : "")}}
                }
                {{reduce.Replace("\n", "\n        ")}}
                if (thread == 0 && !step->bad) totals[which] += sums.loss[0];
            }
        """;
}
