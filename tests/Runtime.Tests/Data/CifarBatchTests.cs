namespace Convoke.Runtime.Tests;

public sealed class CifarBatchTests
{
    private const string Expected = "1 to 100000 records of 3073 bytes (label, 3 x 32 x 32 pixels)";

    [Fact]
    public void Records_are_labels_and_planes()
    {
        CifarBatch batch = CifarBatch.Parse("x", Cifar.Batch(7, 0, 9), 10);
        byte[] pixels = new byte[3 * 3072];
        int[] labels = new int[3];
        batch.CopyTo(pixels, labels);
        Assert.Equal([7, 0, 9], labels);
        Assert.Equal([.. Cifar.Pixels(7), .. Cifar.Pixels(0), .. Cifar.Pixels(9)], pixels);
    }

    public static TheoryData<string, byte[], string, string, string> Wrong => new()
    {
        { "empty", [], "file length", "0 bytes", Expected },
        { "cut", Cifar.Batch(1, 2)[..^1], "file length", "6145 bytes", Expected },
        { "long", [.. Cifar.Batch(1, 2), 0], "file length", "6147 bytes", Expected },
        { "cifar-100", new byte[3074 * 2], "file length", "6148 bytes (2 records of CIFAR-100)", Expected },
        { "label", Cifar.Batch(1, 2, 10, 3), "label 2", "10", "0 to 9" },
        { "pickle", [0x80, 0x02, .. new byte[3071]], "content", "a Python pickle (the data set's Python version)", "records of CIFAR-10's binary version" },
        { "zip", [0x50, 0x4B, 3, 4], "content", "a zip archive", "records of CIFAR-10's binary version" },
        { "page", "<!DOCTYPE html>"u8.ToArray(), "content", "a web page", "records of CIFAR-10's binary version" },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void A_wrong_file_is_refused_by_field(string what, byte[] bytes, string field, string found, string expected)
    {
        DatasetFormatException error = Assert.Throws<DatasetFormatException>(() => CifarBatch.Parse(what, bytes, 10));
        Assert.Equal((what, field, found, expected), (error.File, error.Field, error.Found, error.Expected));
    }

    [Fact]
    public void A_file_longer_than_any_batch_is_refused_unread()
    {
        using TemporaryFolder folder = new();
        string path = folder.Write("data_batch_1.bin", []);
        using (FileStream file = File.OpenWrite(path)) file.SetLength(100_000L * 3073 + 1);
        DatasetFormatException error = Assert.Throws<DatasetFormatException>(() => CifarBatch.Read(path, 10));
        Assert.Equal((path, "file length", "307300001 bytes", "at most 307300000 bytes"), (error.File, error.Field, error.Found, error.Expected));
    }

    [Fact]
    public void Every_cut_or_damaged_gzip_is_refused_or_read_right()
    {
        byte[] plain = Cifar.Batch(1, 2), packed = Idx.Gzip(plain);
        Assert.Equal(plain, PackedFile.Unpack("whole.gz", packed, plain.Length));
        for (int length = 2; length < packed.Length; length++)
            Assert.Throws<DatasetFormatException>(() => PackedFile.Unpack("cut.gz", packed[..length], 1 << 20));
        Assert.Throws<DatasetFormatException>(() => PackedFile.Unpack("longer.gz", [.. packed, 0], 1 << 20));
        int refused = 0;
        for (int i = 2; i < packed.Length; i++)
        {
            byte[] damaged = [.. packed];
            damaged[i] ^= 0x10;
            try
            {
                // Some bits carry nothing: time and system in the header, or where in a constant plane a match is copied from.
                Assert.Equal(plain, PackedFile.Unpack("damaged.gz", damaged, 1 << 20));
            }
            catch (DatasetFormatException)
            {
                refused++;
            }
        }

        Assert.InRange(refused, packed.Length / 2, packed.Length - 2);
    }

    [Fact]
    public void A_gzip_that_promises_too_much_is_refused_before_the_memory_is_taken()
    {
        byte[] packed = Idx.Gzip(new byte[10]);
        packed[^1] = 0x10;
        long before = GC.GetAllocatedBytesForCurrentThread();
        DatasetFormatException error = Assert.Throws<DatasetFormatException>(() => PackedFile.Unpack("bomb.gz", packed, 1L << 40));
        Assert.Equal(("gzip trailer", $"a length of {(0x10 << 24) + 10} bytes"), (error.Field, error.Found));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1_000_000);
    }
}
