namespace Convoke.Runtime.Tests;

public sealed class IdxFileTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Images_are_read_plain_and_gzipped(bool gzip)
    {
        byte[] plain = Idx.Images(3);
        IdxFile file = IdxFile.Parse("x", gzip ? Idx.Gzip(plain) : plain, 28, 28);
        Assert.Equal([3, 28, 28], file.Dimensions);
        Assert.Equal(plain[16..], file.Elements.ToArray());
    }

    [Fact]
    public void Plain_and_gzipped_have_one_content_checksum() =>
        Assert.Equal(IdxFile.Parse("x", Idx.Images(2), 28, 28).ComputeContentSha256(), IdxFile.Parse("x", Idx.Gzip(Idx.Images(2)), 28, 28).ComputeContentSha256());

    public static TheoryData<string, byte[], string, string, string> WrongImages => new()
    {
        { "empty", [], "magic number", "a file of 0 bytes", "0x00000803 (images, idx3)" },
        { "PNG", [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A], "magic number", "0x89504E47 (not an IDX file)", "0x00000803 (images, idx3)" },
        { "floats", Idx.File(0xD03, [1, 28, 28], new byte[784 * 4]), "element type", "0x0D (32-bit float)", "0x08 (unsigned byte)" },
        { "labels", Idx.Labels(1, 2, 3), "rank", "1 (labels, idx1)", "3 (images, idx3)" },
        { "rank 4", Idx.File(0x804, [1, 28, 28, 1], new byte[784]), "rank", "4 (idx4)", "3 (images, idx3)" },
        { "cut header", Idx.Images(1)[..10], "header", "10 bytes", "16 bytes" },
        { "no samples", Idx.File(0x803, [0, 28, 28], []), "dimension 0 (samples)", "0", "1 to 1000000" },
        { "overflow", Idx.File(0x803, [-1, 28, 28], new byte[784]), "dimension 0 (samples)", "4294967295", "1 to 1000000" },
        { "32 high", Idx.File(0x803, [1, 32, 28], new byte[32 * 28]), "dimension 1 (height)", "32", "28" },
        { "overflowing width", Idx.File(0x803, [1, 28, int.MinValue], new byte[784]), "dimension 2 (width)", "2147483648", "28" },
        { "truncated", Idx.Images(2)[..^1], "payload", "1567 bytes", "1568 bytes (2 x 28 x 28)" },
        { "oversized", [.. Idx.Images(2), 0], "payload", "1569 bytes", "1568 bytes (2 x 28 x 28)" },
        { "gz truncated inside", Idx.Gzip(Idx.Images(2)[..^1]), "payload", "1567 bytes", "1568 bytes (2 x 28 x 28)" },
        { "gz oversized inside", Idx.Gzip([.. Idx.Images(2), 0]), "payload", "more than 1568 bytes", "1568 bytes (2 x 28 x 28)" },
        { "gz of labels", Idx.Gzip(Idx.Labels(1, 2)), "rank", "1 (labels, idx1)", "3 (images, idx3)" },
    };

    [Theory]
    [MemberData(nameof(WrongImages))]
    public void A_wrong_image_file_is_refused_by_field(string what, byte[] bytes, string field, string found, string expected)
    {
        DatasetFormatException error = Assert.Throws<DatasetFormatException>(() => IdxFile.Parse(what, bytes, 28, 28));
        Assert.Equal((what, field, found, expected), (error.File, error.Field, error.Found, error.Expected));
        Assert.Equal($"{what}: {field}: found {found}, expected {expected}", error.Message);
    }

    [Fact]
    public void A_header_that_promises_more_than_deflate_can_pack_is_refused_before_the_memory_is_taken()
    {
        byte[] packed = Idx.Gzip(Idx.File(0x803, [1_000_000, 28, 28], [1, 2, 3]));
        long before = GC.GetAllocatedBytesForCurrentThread();
        DatasetFormatException error = Assert.Throws<DatasetFormatException>(() => IdxFile.Parse("bomb.gz", packed, 28, 28));
        Assert.Equal("payload", error.Field);
        Assert.Equal("784000000 bytes (1000000 x 28 x 28)", error.Expected);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1_000_000);
    }

    [Fact]
    public void Every_damaged_or_cut_gzip_stream_is_refused_or_read_right()
    {
        byte[] labels = new byte[200];
        for (int i = 0; i < labels.Length; i++) labels[i] = (byte)(i * i % 10);
        byte[] packed = Idx.Gzip(Idx.Labels(labels));
        for (int length = 2; length < packed.Length; length++)
            Assert.Throws<DatasetFormatException>(() => IdxFile.Parse("cut.gz", packed[..length]));

        Assert.Throws<DatasetFormatException>(() => IdxFile.Parse("longer.gz", [.. packed, 0]));
        for (int i = 0; i < packed.Length; i++)
        {
            byte[] damaged = [.. packed];
            damaged[i] ^= 0x10;
            try
            {
                // Bytes 4 to 9 of a gzip header (time, flags, system) carry nothing of the content.
                Assert.Equal(labels, IdxFile.Parse("damaged.gz", damaged).Elements.ToArray());
                Assert.InRange(i, 3, 9);
            }
            catch (DatasetFormatException)
            {
                // What it has to be.
            }
        }
    }

    [Fact]
    public void A_file_longer_than_any_data_set_is_refused_unread()
    {
        using TemporaryFolder folder = new();
        string path = folder.Write("labels", Idx.Labels(1));
        using (FileStream file = File.OpenWrite(path)) file.SetLength(1_000_009);
        DatasetFormatException error = Assert.Throws<DatasetFormatException>(() => IdxFile.Read(path));
        Assert.Equal((path, "file length", "1000009 bytes", "at most 1000008 bytes"), (error.File, error.Field, error.Found, error.Expected));
    }
}
