namespace Convoke.Runtime.Tests.Datasets;

/// <summary>Samples that a data set carries for further inputs of a model, by the name of the input.</summary>
public class InputDatasetTests
{
    private static readonly Dataset Plain = Dataset.FromBytes("six", Enumerable.Range(0, 24).Select(static i => (byte)i).ToArray(), new int[] { 0, 1, 0, 1, 0, 1 }, 2, 2, 1, 2);

    private static readonly float[] Rows = [.. Enumerable.Range(0, 12).Select(static i => (float)i)];

    [Fact]
    public void They_go_with_their_samples()
    {
        Dataset data = Plain.WithInput("extra", Rows).WithInput("right", Plain.WithInput("extra", new float[6])).WithTargets("Boxes", Rows);
        Assert.Equal(["extra", "right"], data.InputNames);
        Assert.Empty(Plain.InputNames);
        Assert.Equal(["Boxes"], data.TargetNames);
        Batch[] batches = [.. data.Slice(1, 5).Take(4).Batches(3)];
        Assert.Equal([8f, 9f], batches[1].Input("extra").ToArray());
        Assert.Equal(batches[0].Images.ToArray(), batches[0].Input("right").ToArray());
        foreach (Batch batch in data.Batches(4, shuffleSeed: 9))
        {
            for (int i = 0; i < batch.Count; i++)
            {
                Assert.Equal(batch.Targets("Boxes")[2 * i], batch.Input("extra")[2 * i]);
                Assert.Equal(batch.Images[4 * i], batch.Input("right")[4 * i]);
                Assert.Equal(batch.Input("extra")[2 * i] * 2 / 255f, batch.Images[4 * i], 1e-6);
            }
        }

        Assert.Equal([7f], data.WithInput("extra", Enumerable.Repeat(7f, 6).ToArray()).Batches(1).First().Input("extra").ToArray());
    }

    [Fact]
    public void What_does_not_fit_is_refused()
    {
        Assert.Equal("Data set \"six\": 6 samples need the same number of values for the input extra each, got 13.", Assert.Throws<ShapeMismatchException>(() => Plain.WithInput("extra", new float[13])).Message);
        Assert.Equal("Data set \"six\": 6 samples need the same number of values for the input extra each, got 0.", Assert.Throws<ShapeMismatchException>(() => Plain.WithInput("extra", ReadOnlyMemory<float>.Empty)).Message);
        Assert.Equal("Data set \"six\" has 6 samples, but \"six\", given for the input right, has 5; every sample needs one.", Assert.Throws<ShapeMismatchException>(() => Plain.WithInput("right", Plain.Take(5))).Message);
        Assert.Equal("The data set has no samples for the input extra; it has none beside its own, which are Images.", Assert.Throws<KeyNotFoundException>(() => Plain.Batches(2).First().Input("extra").Length).Message);
        Assert.Equal("The data set has no samples for the input right; it has extra.", Assert.Throws<KeyNotFoundException>(() => Plain.WithInput("extra", Rows).Batches(2).First().Input("right").Length).Message);
        Assert.Throws<ArgumentException>(() => Plain.WithInput("", Rows));
    }
}
