using Convoke.Compiled;

namespace Convoke;

/// <summary>Copies the targets of samples from where a user has them, a place per loss, to where kernels read them: of a sample all one behind the other.</summary>
internal static unsafe class TargetCopy
{
    /// <summary>Copies samples [first, first + count).</summary>
    /// <param name="plan">The model.</param>
    /// <param name="from">Per loss i32[N, Pixels] or f32[N, Length].</param>
    /// <param name="labels">i32[N, LabelLength], or null.</param>
    /// <param name="targets">f32[N, TargetLength], or null.</param>
    /// <param name="first">First sample.</param>
    /// <param name="count">Samples.</param>
    public static void Copy(NetworkPlan plan, nint[] from, int* labels, float* targets, int first, int count)
    {
        int label = 0, target = 0;
        for (int i = 0; i < plan.Losses.Length; i++)
        {
            OutputPlan output = plan.Losses[i];
            if (output.TakesRows)
            {
                if (targets != null) Copy((float*)from[i], output.Length, targets + target, plan.TargetLength, first, count);
                target += output.Length;
            }
            else
            {
                if (labels != null) Copy((float*)from[i], output.Pixels, (float*)labels + label, plan.LabelLength, first, count);
                label += output.Pixels;
            }
        }
    }

    /// <summary>Rows of four-byte elements; as one where they stand close in both places.</summary>
    private static void Copy(float* from, int length, float* to, int stride, int first, int count)
    {
        if (length == stride)
        {
            new ReadOnlySpan<float>(from + ((long)first * length), checked(count * length)).CopyTo(new Span<float>(to + ((long)first * length), count * length));
            return;
        }
        for (int n = first; n < first + count; n++) new ReadOnlySpan<float>(from + ((long)n * length), length).CopyTo(new Span<float>(to + ((long)n * stride), length));
    }
}
