using Convoke.Kernels.KernelIr;
using Convoke.Kernels.Models;

namespace Convoke.Kernels.Cuda;

/// <summary>The record that goes with every step, and how a kernel finds a sample: the same on both sides of the bus.</summary>
/// <remarks>The run time has the twin of the record, <c>Convoke.Compiled.CudaStep</c>; a test holds the two to each other.</remarks>
public static class StepText
{
    /// <summary>The record, and the types that kernels use.</summary>
    public const string Declarations = """
        typedef unsigned char u8;
        typedef unsigned int u32;
        typedef unsigned long long u64;

        // Where a batch comes from and where training stands; lives on the device, so that one captured step can be replayed.
        struct Step
        {
            const void* images;        // the samples u8[samples,H,W,C] or f32[samples,H,W,C], NHWC
            const int* labels;         // class indices i32[samples], or null
            const float* targets;      // target rows f32[samples,classes], or null
            int* order;                // the epoch's order i32[samples], or null for the set's own
            int bytes;                 // 1: pixels are u8 and stand for x / 255
            int samples;               // samples in the set
            int position;              // place of the batch's first sample in the epoch's order; behind a step, of the next one's
            u32 low_bits, high_bits, rounds, keys[12];      // of the order: a keyed bijection over [0, samples)
            int keep_gradients;        // 1: gradients go to their own area and nothing is learned; up to here written by the host

            int step;                  // optimizer steps taken
            int bad;                   // 1: a loss was not finite; no parameter changes from then on
            int failed_step;           // the first such step, or 0
            float step_size;           // learning rate with the step's bias correction
            float second_moment_scale; // Adam with epsilon behind the correction: 1 / sqrt(1 - beta2^t); otherwise 1
            u32 draw;                  // training passes done: of the masks that dropout draws, which ones are next
            double beta1_power, beta2_power;                // beta^t
            double loss_sum;           // of all samples since the host last cleared it
            u64 correct;               // of those, how many were classified right
            u64 seed;                  // key of all draws; written by the host once
        };
        """;

    /// <summary>The place in the data set of the batch's sample n.</summary>
    public const string SampleAt = """
        // index of the batch's sample n
        __device__ __forceinline__ int sample_at(const Step* __restrict__ step, int n)
        {
            const int place = step->position + n;
            return step->order ? step->order[place] : place;
        }
        """;

    /// <summary>One value of a sample.</summary>
    public const string Pixel = """
        // value i of the samples
        __device__ __forceinline__ float pixel(const Step* __restrict__ step, size_t i)
        {
            return step->bytes ? __ldg(static_cast<const u8*>(step->images) + i) * (1.0f / 255.0f) : __ldg(static_cast<const float*>(step->images) + i);
        }
        """;

    /// <summary>The thread's number once more, inside of a loop over images.</summary>
    public const string OpaqueThread = """
        // the thread's number, as something that the compiler cannot know: it would keep addresses of all loops in registers over all images, and those hold sums
        int thread = threadIdx.x;
        asm volatile("" : "+r"(thread));
        """;

    /// <summary>One value of a sample, where the caller knows how samples lie.</summary>
    public const string TypedPixel = """
        // value i of the samples, which are bytes
        __device__ __forceinline__ float byte_pixel(const Step* __restrict__ step, size_t i)
        {
            return __ldg(static_cast<const u8*>(step->images) + i) * (1.0f / 255.0f);
        }

        // value i of the samples, which are floats
        __device__ __forceinline__ float float_pixel(const Step* __restrict__ step, size_t i)
        {
            return __ldg(static_cast<const float*>(step->images) + i);
        }
        """;

    /// <summary>A loop over values of a sample, once for either type: inside of the loop the question would keep loads from being under way together.</summary>
    public static string EitherType(string loop) => $$"""
        if (step->bytes)
        {
            {{loop.Replace("pixel(step, ", "byte_pixel(step, ").Replace("\n", "\n    ")}}
        }
        else
        {
            {{loop.Replace("pixel(step, ", "float_pixel(step, ").Replace("\n", "\n    ")}}
        }
        """;

    /// <summary>Four values of a sample.</summary>
    public const string Pixels = """
        // values i to i + 3 of the samples; i is a multiple of four
        __device__ __forceinline__ float4 pixels(const Step* __restrict__ step, size_t i)
        {
            if (!step->bytes) return __ldg(reinterpret_cast<const float4*>(static_cast<const float*>(step->images) + i));
            const uchar4 four = __ldg(reinterpret_cast<const uchar4*>(static_cast<const u8*>(step->images) + i));
            return make_float4(four.x * (1.0f / 255.0f), four.y * (1.0f / 255.0f), four.z * (1.0f / 255.0f), four.w * (1.0f / 255.0f));
        }
        """;

    /// <summary>Four multiply-adds of one factor.</summary>
    public const string MultiplyAdd4 = """
        // acc += x * w, four channels
        __device__ __forceinline__ void multiply_add(float4& acc, float x, const float4& w)
        {
            acc.x = fmaf(x, w.x, acc.x); acc.y = fmaf(x, w.y, acc.y); acc.z = fmaf(x, w.z, acc.z); acc.w = fmaf(x, w.w, acc.w);
        }
        """;

    /// <summary>ReLU that keeps NaN.</summary>
    public static string Relu { get; } = $$"""
        // max(x, 0); a NaN stays one
        __device__ __forceinline__ float relu(float x)
        {
            return {{new CudaPrinter().Print(new Expression.Relu("x"))}};
        }
        """;

    /// <summary>Behind <see cref="StepEnd"/> in a training pass of a model that draws masks.</summary>
    public const string NextDraw = "if (threadIdx.x == 0) step->draw += 1;";

    /// <summary>What the head's first block does when a step begins to count.</summary>
    public static string Clock(OptimizerSpec optimizer) => optimizer switch
    {
        AdamSpec adam => $$"""
            // step t of Adam: the bias corrections, in double, because 1 - beta^t cancels; nothing else in this kernel reads what is written here
            __device__ __forceinline__ void next_step(Step* __restrict__ step)
            {
                if (step->keep_gradients) return;
                step->step += 1;
                step->beta1_power *= {{Double(adam.Beta1)}};
                step->beta2_power *= {{Double(adam.Beta2)}};
                const double correction1 = 1.0 - step->beta1_power, root2 = sqrt(1.0 - step->beta2_power);
                {{(adam.Form == EpsilonForm.BeforeCorrection
                    ? $"step->step_size = (float)({Double(adam.LearningRate)} * root2 / correction1);\n    step->second_moment_scale = 1.0f;"
                    : $"step->step_size = (float)({Double(adam.LearningRate)} / correction1);\n    step->second_moment_scale = (float)(1.0 / root2);")}}
            }
            """,
        _ => $$"""
            // step t of SGD; nothing else in this kernel reads what is written here
            __device__ __forceinline__ void next_step(Step* __restrict__ step)
            {
                if (step->keep_gradients) return;
                step->step += 1;
                step->step_size = (float){{Double(optimizer.LearningRate)}};
            }
            """,
    };

    private static string Double(double value)
    {
        string text = value.ToString("R", System.Globalization.CultureInfo.InvariantCulture);
        return text.Contains('.') || text.Contains('E') ? text : text + ".0";
    }
}
