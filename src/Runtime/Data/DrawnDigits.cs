namespace Convoke;

/// <summary>Digits that Convoke draws itself, for machines that cannot get MNIST: same format, own images. Results on them are not results on MNIST.</summary>
public static class DrawnDigits
{
    private const ulong TrainStream = 0, TestStream = 1, LabelStream = 1UL << 32;
    private const int Classes = 10, SampleLength = DigitPainter.Size * DigitPainter.Size;

    /// <summary>
    /// Draws <paramref name="trainCount"/> + <paramref name="testCount"/> digits, u8[28, 28], white on black. Equal seeds give equal bytes on every machine;
    /// every ten consecutive samples hold each digit once, in random order.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">A count is below 1 or above 1,000,000.</exception>
    public static ImageClassificationData Create(ulong seed = 0, int trainCount = 12_000, int testCount = 2_000) => Create(seed, trainCount, testCount, []);

    internal static ImageClassificationData Create(IReadOnlyList<string> log) => Create(0, 12_000, 2_000, log);

    private static ImageClassificationData Create(ulong seed, int trainCount, int testCount, IReadOnlyList<string> log)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(trainCount, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(testCount, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(trainCount, IdxFile.MaximumSamples);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(testCount, IdxFile.MaximumSamples);
        return new ImageClassificationData
        {
            Train = Draw("drawn digits train", seed, TrainStream, trainCount),
            Test = Draw("drawn digits test", seed, TestStream, testCount),
            ClassNames = Mnist.Published.ClassNames,
            Origin = $"digits drawn by Convoke, NOT MNIST ({trainCount} to train on, {testCount} to test; seed {seed})",
            IsDrawn = true,
            Log = log,
        };
    }

    private static Dataset Draw(string name, ulong seed, ulong stream, int count)
    {
        byte[] images = new byte[(long)count * SampleLength];
        int[] labels = new int[count];
        Parallel.For(0, (count + Classes - 1) / Classes, decade =>
        {
            Span<int> digits = stackalloc int[Classes];
            Shuffle(digits, new KeyedRandom(seed, LabelStream + stream, (ulong)decade));
            for (int i = 0; i < Classes && Classes * decade + i < count; i++)
            {
                int sample = Classes * decade + i;
                labels[sample] = digits[i];
                KeyedRandom random = new(seed, stream, (ulong)sample);
                DigitPainter.Paint(digits[i], ref random, images.AsSpan(sample * SampleLength, SampleLength));
            }
        });
        return Dataset.FromBytes(name, images, labels, DigitPainter.Size, DigitPainter.Size, channels: 1, Classes);
    }

    private static void Shuffle(Span<int> digits, KeyedRandom random)
    {
        for (int i = 0; i < digits.Length; i++)
        {
            int j = random.Below(i + 1);
            digits[i] = digits[j];
            digits[j] = i;
        }
    }
}
