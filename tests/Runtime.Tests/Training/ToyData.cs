namespace Convoke.Runtime.Tests.Training;

/// <summary>Three classes that a linear model can tell apart, and helpers around them; deterministic.</summary>
internal static class ToyData
{
    /// <summary>f32[count, sample], each class around a centre of its own.</summary>
    public static Dataset Clusters(int count, int height = 3, int width = 2, int channels = 2, int classes = 3, Layout layout = Layout.ChannelsLast, string name = "toy")
    {
        int sample = height * width * channels;
        float[] noise = new float[count * sample];
        Philox.FillUniform(noise, 0.5f, seed: 77, site: 0);
        int[] labels = new int[count];
        for (int n = 0; n < count; n++)
        {
            labels[n] = (n * 7 + n / 5) % classes;
            for (int i = labels[n]; i < sample; i += classes) noise[(n * sample) + i] += 1f;
        }
        return Dataset.FromFloats(name, noise, labels, height, width, channels, classes, layout);
    }

    /// <summary>All images of a set, in its layout.</summary>
    public static float[] Images(Dataset data)
    {
        float[] images = new float[data.Count * data.SampleLength];
        for (int n = 0; n < data.Count; n++) data.CopyImage(n, images.AsSpan(n * data.SampleLength));
        return images;
    }

    /// <summary>All labels of a set.</summary>
    public static int[] Labels(Dataset data) => [.. Enumerable.Range(0, data.Count).Select(data.Label)];

    /// <summary>One-hot rows of labels.</summary>
    public static float[] OneHot(int[] labels, int classes)
    {
        float[] rows = new float[labels.Length * classes];
        for (int n = 0; n < labels.Length; n++) rows[(n * classes) + labels[n]] = 1f;
        return rows;
    }
}
