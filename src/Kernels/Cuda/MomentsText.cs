namespace Convoke.Kernels.Cuda;

/// <summary>Moments of sets of values, four channels at a time, and how they are merged: by a convolution over its tile, and by what makes the batch's of all tiles'.</summary>
/// <remarks>Always pairwise (Chan, Golub and LeVeque 1979, eq. 2.1), in an order that depends on N only, and never as a difference of large sums.</remarks>
public static class MomentsText
{
    /// <summary>Bytes of a <c>Moments</c>; an odd number of words, so that neighbours stand in other banks.</summary>
    public const int Bytes = 9 * 4;

    public static void EmitHelpers(CudaWriter writer) => writer.Helper("moments", """
        // of a set of values in each of four channels: how many, their mean, the squared deviations from it
        struct Moments { float count, mean[4], squares[4]; };

        // takes up another set: no cancellation, whatever the mean; an empty one changes nothing
        __device__ __forceinline__ void merge_moments(Moments& to, const Moments& from)
        {
            const float count = to.count + from.count, share = count > 0 ? from.count / count : 0.0f;
            #pragma unroll
            for (int c = 0; c < 4; ++c)
            {
                const float d = from.mean[c] - to.mean[c];
                to.mean[c] = fmaf(d, share, to.mean[c]);
                to.squares[c] += fmaf(to.count * share * d, d, from.squares[c]);
            }
            to.count = count;
        }

        // of the rows that are live
        template <int ROWS>
        __device__ __forceinline__ Moments moments_of(const float (&values)[ROWS][4], const bool (&live)[ROWS])
        {
            Moments moments = {};
            #pragma unroll
            for (int i = 0; i < ROWS; ++i)
            {
                if (!live[i]) continue;
                moments.count += 1;
                #pragma unroll
                for (int c = 0; c < 4; ++c) moments.mean[c] += values[i][c];
            }
            const float inverse = moments.count > 0 ? 1.0f / moments.count : 0.0f;
            #pragma unroll
            for (int c = 0; c < 4; ++c) moments.mean[c] *= inverse;
            #pragma unroll
            for (int i = 0; i < ROWS; ++i)
            {
                #pragma unroll
                for (int c = 0; c < 4; ++c)
                {
                    const float d = live[i] ? values[i][c] - moments.mean[c] : 0.0f;
                    moments.squares[c] = fmaf(d, d, moments.squares[c]);
                }
            }
            return moments;
        }

        // lanes 0 to STEP - 1 take up those of all lanes that are a multiple of STEP further on
        template <int STEP>
        __device__ __forceinline__ void merge_lanes(Moments& moments)
        {
            #pragma unroll
            for (int lanes = 16; lanes >= STEP; lanes /= 2)
            {
                Moments other;
                other.count = __shfl_down_sync(0xFFFFFFFFu, moments.count, lanes);
                #pragma unroll
                for (int c = 0; c < 4; ++c)
                {
                    other.mean[c] = __shfl_down_sync(0xFFFFFFFFu, moments.mean[c], lanes);
                    other.squares[c] = __shfl_down_sync(0xFFFFFFFFu, moments.squares[c], lanes);
                }
                merge_moments(moments, other);
            }
        }

        // sets[SHARES][QUADS] in shared memory: the first share takes up all others, for every thread to see
        template <int SHARES, int QUADS, int THREADS>
        __device__ __forceinline__ void merge_shares(Moments* sets)
        {
            #pragma unroll 1
            for (int left = SHARES, half; left > 1; left = half)
            {
                half = (left + 1) / 2;
                __syncthreads();
                for (int i = threadIdx.x; i < (left - half) * QUADS; i += THREADS) merge_moments(sets[i], sets[half * QUADS + i]);
            }
            __syncthreads();
        }

        // mean and squares of a part
        __device__ __forceinline__ void store_moments(float* parts, size_t part, const Moments& moments)
        {
            float4* to = reinterpret_cast<float4*>(parts) + 2 * part;
            to[0] = make_float4(moments.mean[0], moments.mean[1], moments.mean[2], moments.mean[3]);
            to[1] = make_float4(moments.squares[0], moments.squares[1], moments.squares[2], moments.squares[3]);
        }
        """);
}
