namespace Convoke.Runtime.Tests.Datasets;

/// <summary>Targets and labels that a data set carries beside its own, by the name of the output.</summary>
public class TargetTests
{
    private static readonly Dataset Plain = Dataset.FromBytes("six", new byte[6 * 4], new int[] { 0, 1, 0, 1, 0, 1 }, 2, 2, 1, 2);

    private static readonly float[] Boxes = [.. Enumerable.Range(0, 12).Select(static i => (float)i)];

    [Fact]
    public void They_go_with_their_samples()
    {
        Dataset data = Plain.WithTargets("Boxes", Boxes).WithLabels("Kind", new int[] { 5, 4, 3, 2, 1, 0 }, 6);
        Assert.Equal(["Boxes", "Kind"], data.TargetNames);
        Assert.Empty(Plain.TargetNames);
        Assert.Equal([2f, 3f], data.TargetsOf("Boxes", 1).ToArray());
        Assert.Equal([6f, 7f], data.Slice(2, 3).TargetsOf("Boxes", 1).ToArray());
        Batch[] batches = [.. data.Take(5).Batches(3)];
        Assert.Equal([6f, 7f, 8f, 9f], batches[1].Targets("Boxes").ToArray());
        Assert.Equal([5, 4, 3], batches[0].LabelsOf("Kind").ToArray());
        foreach (Batch batch in data.Batches(4, shuffleSeed: 9))
            for (int i = 0; i < batch.Count; i++) Assert.Equal(5 - batch.LabelsOf("Kind")[i], (int)batch.Targets("Boxes")[2 * i] / 2);
        Assert.Equal([9f], data.WithTargets("Boxes", Enumerable.Repeat(9f, 6).ToArray()).TargetsOf("Boxes", 0).ToArray());
    }

    [Fact]
    public void A_set_may_have_no_labels_of_its_own()
    {
        Dataset bytes = Dataset.FromBytes("three", new byte[12], 2, 2, 1).WithTargets(Boxes), floats = Dataset.FromFloats("three", new float[12], 2, 2, 1);
        Assert.Equal((3, 0, 0), (bytes.Count, bytes.Classes, bytes.LabelsPerSample));
        Assert.Equal(3, floats.Count);
        Assert.Equal([4f, 5f, 6f, 7f], bytes.TargetsOf("Output", 1).ToArray());
        Assert.True(bytes.Batches(2).First().Labels.IsEmpty);
    }

    [Fact]
    public void What_does_not_fit_is_refused()
    {
        Assert.Equal("Data set \"six\": 6 samples need the same number of targets of Boxes each, got 13.", Assert.Throws<ShapeMismatchException>(() => Plain.WithTargets("Boxes", new float[13])).Message);
        Assert.Throws<ShapeMismatchException>(() => Plain.WithTargets("Boxes", ReadOnlyMemory<float>.Empty));
        Assert.Equal("Data set \"six\": the targets of Boxes must be finite, but value 1 of sample 2 is NaN.", Assert.Throws<LabelException>(() => Plain.WithTargets("Boxes", Boxes.Select(static (b, i) => i == 5 ? float.NaN : b).ToArray())).Message);
        Assert.Equal("Data set \"six\": the label of sample 3 is 2, but with 2 classes labels lie in 0..1.", Assert.Throws<LabelException>(() => Plain.WithLabels("Kind", new int[] { 0, 1, 0, 2, 0, 1 }, 2)).Message);
        Assert.Throws<KeyNotFoundException>(() => Plain.TargetsOf("Boxes", 0).Length);
        Assert.Equal("The data set has no targets for Boxes; it has none beside its own labels.", Assert.Throws<KeyNotFoundException>(() => Plain.Batches(2).First().Targets("Boxes").Length).Message);
        Assert.Throws<ShapeMismatchException>(() => Dataset.FromBytes("odd", new byte[13], 2, 2, 1));
    }
}
