using Convoke.Cuda.Tests;

namespace Convoke.Gpu.Checks;

/// <summary>The networks of the checks by what they are for, and how a check makes one.</summary>
internal enum Network
{
    A,
    B,
    Color,
}

internal static class Networks
{
    public const ulong Seed = 42;

    public static Model Create(this Network network, Device device, ulong seed = Seed) => network switch
    {
        Network.A => ProgramA.Create(device, seed),
        Network.B => ProgramB.Create(device, seed),
        _ => ColorNet.Create(device, seed),
    };

    public static int SampleLength(this Network network) => network == Network.Color ? 3 * 12 * 10 : 28 * 28;

    public static int Classes(this Network network) => network == Network.Color ? 6 : 10;

    /// <summary>A data set of its sizes: digits that Convoke draws, or coloured noise whose class shows in its brightness.</summary>
    /// <param name="network">Whose.</param>
    /// <param name="count">Samples.</param>
    /// <param name="bytes">Bytes or floats.</param>
    /// <param name="layout">Order of the axes in memory.</param>
    public static Dataset Data(this Network network, int count, bool bytes, Layout layout = Layout.ChannelsLast)
    {
        if (network != Network.Color)
        {
            Dataset digits = DrawnDigits.Create(seed: 7, trainCount: count, testCount: 1).Train;
            return bytes ? digits : Dataset.FromFloats(digits.Name + ", floats", Floats(digits), Labels(digits), 28, 28, 1, 10);
        }

        byte[] pixels = new byte[count * network.SampleLength()];
        int[] labels = new int[count];
        for (int n = 0; n < count; n++)
        {
            labels[n] = (n * 5) % network.Classes();
            for (int i = 0; i < network.SampleLength(); i++) pixels[(n * network.SampleLength()) + i] = (byte)(Hash(n, i) % 120 + (20 * labels[n]));
        }

        return bytes
            ? Dataset.FromBytes("colours", pixels, labels, 12, 10, 3, network.Classes(), layout)
            : Dataset.FromFloats("colours, floats", Array.ConvertAll(pixels, static pixel => pixel / 255f), labels, 12, 10, 3, network.Classes(), layout);
    }

    /// <summary>Batch number <paramref name="number"/>: images f32[N, sample] and class indices i32[N].</summary>
    public static (float[] Images, int[] Labels) Batch(this Network network, int number, int n)
    {
        float[] images = new float[n * network.SampleLength()];
        int[] labels = new int[n];
        for (int i = 0; i < images.Length; i++) images[i] = Hash(number + 1, i) % 1000 / 1000f;
        for (int i = 0; i < n; i++) labels[i] = (int)(Hash(number + 100, i) % (uint)network.Classes());
        return (images, labels);
    }

    /// <summary>One step on a batch with the kind of labels that the network's loss takes.</summary>
    public static StepResult Step(this Network network, Model model, float[] images, int[] labels, bool learn = true)
    {
        if (network == Network.Color) return learn ? model.TrainStep(images, labels) : model.ComputeGradients(images, labels);
        float[] rows = new float[labels.Length * network.Classes()];
        for (int i = 0; i < labels.Length; i++) rows[(i * network.Classes()) + labels[i]] = 1;
        return learn ? model.TrainStep(images, rows) : model.ComputeGradients(images, rows);
    }

    private static float[] Floats(Dataset data)
    {
        float[] pixels = new float[data.Count * data.SampleLength];
        for (int n = 0; n < data.Count; n++) data.CopyImage(n, pixels.AsSpan(n * data.SampleLength));
        return pixels;
    }

    private static int[] Labels(Dataset data) => [.. Enumerable.Range(0, data.Count).Select(data.Label)];

    /// <summary>Numbers without a pattern that are the same everywhere.</summary>
    private static uint Hash(int a, int b)
    {
        uint h = ((uint)a * 0x9E3779B9) ^ ((uint)b * 0x85EBCA6B);
        h = (h ^ (h >> 15)) * 0x2C1B3C6D;
        h = (h ^ (h >> 12)) * 0x297A2D39;
        return h ^ (h >> 15);
    }
}
