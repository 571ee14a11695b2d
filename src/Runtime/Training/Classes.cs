using Convoke.Compiled;

namespace Convoke;

/// <summary>From rows of outputs to the classes that they speak for.</summary>
internal static class Classes
{
    /// <summary>Of each row of the output that stands for classes [Pixels, Classes], or of a channels-first map [Classes, Pixels], in outputs f32[N, OutputLength], the largest value's class.</summary>
    public static void Largest(NetworkPlan plan, ReadOnlySpan<float> output, Span<int> classes)
    {
        OutputPlan told = plan.Told!;
        bool classesFirst = told.Pixels > 1 && plan.Layout == Layout.ChannelsFirst;
        for (int i = 0; i < classes.Length; i++)
        {
            (int sample, int pixel) = Math.DivRem(i, told.Pixels);
            ReadOnlySpan<float> rows = output.Slice((sample * plan.OutputLength) + plan.ToldAt, told.Length);
            classes[i] = classesFirst ? Largest(rows[pixel..], told.Pixels, told.Classes) : Largest(rows[(pixel * told.Classes)..], 1, told.Classes);
        }
    }

    /// <summary>First of the largest of <paramref name="count"/> values; NaN is never largest, and a row of nothing else gives 0.</summary>
    private static int Largest(ReadOnlySpan<float> row, int stride, int count)
    {
        int best = 0;
        float largest = float.NegativeInfinity;
        for (int k = 0; k < count; k++)
        {
            if (row[k * stride] > largest) (best, largest) = (k, row[k * stride]);
        }
        return best;
    }
}
