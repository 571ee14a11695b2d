using System.Text;

namespace Convoke.Cuda.Tests.Binding;

/// <summary>Images come from the cache where it has them, and are the same as compiled ones.</summary>
[Collection(TracedTests.Name)]
public sealed class ImageSourceTests : IDisposable
{
    private readonly ScratchFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [NvrtcFact]
    public void The_second_time_nothing_is_compiled()
    {
        using TraceCapture trace = new(level: 1);
        CompiledKernels first = Source(90).Cubin(Sources.Axpy, "axpy.cu");
        Assert.Contains("compiled axpy.cu for sm_90", trace.TakeText(), StringComparison.Ordinal);

        CompiledKernels second = Source(90).Cubin(Sources.Axpy, "axpy.cu");
        string text = trace.TakeText();
        Assert.Contains("cache: axpy.cu for sm_90", text, StringComparison.Ordinal);
        Assert.DoesNotContain("compiled", text, StringComparison.Ordinal);
        Assert.Equal(first.Image, second.Image);
        Assert.Equal(first.Kernels, second.Kernels);
    }

    [NvrtcFact]
    public void A_damaged_entry_is_compiled_anew_and_mended()
    {
        byte[] image = Source(90).Cubin(Sources.Axpy, "axpy.cu").Image;
        string entry = Directory.GetFiles(_folder.Path).Single();
        byte[] bytes = File.ReadAllBytes(entry);
        bytes[^100] ^= 1;
        File.WriteAllBytes(entry, bytes);

        using TraceCapture trace = new(level: 1);
        Assert.Equal(image, Source(90).Cubin(Sources.Axpy, "axpy.cu").Image);
        Assert.Contains("is damaged", trace.TakeText(), StringComparison.Ordinal);
        Assert.Equal(image, Source(90).Cubin(Sources.Axpy, "axpy.cu").Image);
        Assert.Contains("cache: axpy.cu", trace.TakeText(), StringComparison.Ordinal);
    }

    [NvrtcFact]
    public void A_device_that_the_compiler_does_not_know_yet_gets_the_newest_PTX_below_it()
    {
        int newest = KernelCompiler.Default.Architectures.Max();
        ImageSource source = Source(newest + 900);
        Assert.False(source.HasCubin);
        Assert.Equal($"compute_{newest}", source.Ptx(Sources.Axpy, "axpy.cu").Architecture);
        Assert.Contains($"does not compile for sm_{newest + 900}", Assert.Throws<KernelCompilationException>(() => source.Cubin(Sources.Axpy, "axpy.cu")).Message, StringComparison.Ordinal);
    }

    [NvrtcFact]
    public void A_device_older_than_all_is_a_clear_error() =>
        Assert.Contains("no architecture as old as 10", Assert.Throws<KernelCompilationException>(() => Source(10).Ptx(Sources.Axpy, "axpy.cu")).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData(null, "Automatic")]
    [InlineData("", "Automatic")]
    [InlineData("auto", "Automatic")]
    [InlineData(" PTX ", "Ptx")]
    [InlineData("cubin", "Cubin")]
    public void The_mode_is_read(string? text, string expected) => Assert.Equal(expected, ImageSource.ReadMode(text).ToString());

    [Fact]
    public void Another_mode_is_an_error_that_lists_them() =>
        Assert.Equal("CONVOKE_CUDA_IMAGE is \"elf\"; it takes \"auto\", \"cubin\" or \"ptx\".", Assert.Throws<ConvokeException>(() => ImageSource.ReadMode("elf")).Message);

    [NvrtcFact]
    public void Level_5_writes_source_PTX_cubin_and_log()
    {
        Source(80).Cubin(Sources.Axpy, "axpy.cu");
        using TraceCapture trace = new(level: 5) { Folder = Path.Combine(_folder.Path, "debug") };
        Source(80).Cubin(Sources.Axpy, "axpy.cu");

        Assert.Equal(["axpy.cu", "axpy.sm_80.cubin", "axpy.sm_80.log", "axpy.sm_80.ptx"], Directory.GetFiles(trace.Folder).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Equal(Encoding.UTF8.GetString(Sources.Axpy), File.ReadAllText(Path.Combine(trace.Folder, "axpy.cu")));
        Assert.Contains("Used", File.ReadAllText(Path.Combine(trace.Folder, "axpy.sm_80.log")), StringComparison.Ordinal);
        Assert.Contains(".entry axpy", File.ReadAllText(Path.Combine(trace.Folder, "axpy.sm_80.ptx")), StringComparison.Ordinal);
    }

    private ImageSource Source(int architecture) => new(KernelCompiler.Default, new ImageCache(_folder.Path), architecture);
}
