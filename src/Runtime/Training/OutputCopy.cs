using Convoke.Compiled;

namespace Convoke;

/// <summary>Copies outputs from where kernels leave them, of a sample all one behind the other, to where a user wants them, a place per output.</summary>
internal static unsafe class OutputCopy
{
    /// <summary>Copies outputs f32[N, OutputLength] to samples from <paramref name="first"/> on of each place f32[.., Length] that is not null.</summary>
    public static void Copy(NetworkPlan plan, ReadOnlySpan<float> outputs, nint[] to, int first)
    {
        int count = outputs.Length / plan.OutputLength;
        for (int i = 0, at = 0; i < to.Length; at += plan.Outputs[i++].Length)
        {
            if (to[i] == 0) continue;
            int length = plan.Outputs[i].Length;
            Span<float> place = new((float*)to[i] + ((long)first * length), count * length);
            if (to.Length == 1) outputs.CopyTo(place);
            else for (int n = 0; n < count; n++) outputs.Slice((n * plan.OutputLength) + at, length).CopyTo(place[(n * length)..]);
        }
    }
}
