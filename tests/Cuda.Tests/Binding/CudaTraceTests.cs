namespace Convoke.Cuda.Tests.Binding;

/// <summary>The ladder of CONVOKE_DEBUG.</summary>
[Collection(TracedTests.Name)]
public class CudaTraceTests
{
    [Theory]
    [InlineData(null, 0)]
    [InlineData("", 0)]
    [InlineData("0", 0)]
    [InlineData("3", 3)]
    [InlineData("9", 5)]
    public void A_level_is_read(string? text, int expected) => Assert.Equal(expected, CudaTrace.ReadLevel(text));

    [Theory]
    [InlineData("yes")]
    [InlineData("-1")]
    [InlineData("2.5")]
    public void Anything_else_prints_the_ladder_and_shows_nothing(string text)
    {
        using TraceCapture trace = new(level: 0);
        Assert.Equal(0, CudaTrace.ReadLevel(text));
        Assert.Contains($"CONVOKE_DEBUG is \"{text}\"; it takes 0 nothing, 1 devices", trace.TakeText(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_line_below_its_level_is_not_even_put_together()
    {
        using TraceCapture trace = new(level: 1);
        int asked = 0;
        CudaTrace.Write(2, $"never {asked++}");
        CudaTrace.Write(1, $"shown {1.5} {asked,3}");
        Assert.Equal(0, asked);
        Assert.Equal("convoke: shown 1.5   0", trace.TakeText().TrimEnd());
    }

    [Fact]
    public void A_folder_that_cannot_be_written_is_said_and_is_no_error()
    {
        using ScratchFolder folder = new();
        using TraceCapture trace = new(level: 4) { Folder = Path.Combine(folder.File("a-file"), "below") };
        CudaTrace.Save(4, "k.cu", "x"u8);
        Assert.Contains("could not write", trace.TakeText(), StringComparison.Ordinal);
    }
}
