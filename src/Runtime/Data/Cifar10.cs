namespace Convoke;

/// <summary>CIFAR-10: small colour photographs of ten kinds of things, 32x32 RGB; 50,000 to train on and 10,000 to test.</summary>
public static class Cifar10
{
    internal static readonly CifarDataset Published = new(
        "CIFAR-10", "cifar-10",
        new("cifar-10-binary.tar.gz", 170_052_171, "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd"),
        [
            new("data_batch_1.bin", "5dd7e06a14cb22eb9f671a540d1b7c25"),
            new("data_batch_2.bin", "5ea93a67294ea407fff1d09f752e9692"),
            new("data_batch_3.bin", "942cd6a4bcdd0dd3c604fbe906cb4421"),
            new("data_batch_4.bin", "ae636b3ba5c66a11e91e8cb52e771fcb"),
            new("data_batch_5.bin", "53f37980c15c3d472c316c40844f3f0d"),
        ],
        new("test_batch.bin", "803d5f7f4d78ea53de84dbe85f74fb6d"),
        ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"],
        [new("https://www.cs.toronto.edu/~kriz/"), new("https://storage.googleapis.com/s4tf-hosted-binaries/datasets/CIFAR10/")]);

    /// <summary>Loads CIFAR-10 from <paramref name="folder"/>, or, without one, from wherever <see cref="Load(DataOptions)"/> finds it.</summary>
    /// <inheritdoc cref="Load(DataOptions)" path="/exception"/>
    public static ImageClassificationData Load(string? folder = null) => Load(new DataOptions { Folder = folder });

    /// <summary>
    /// Loads CIFAR-10's binary version: from the given folder alone, or else from the folder in the environment variable <c>CONVOKE_DATA</c>, the user's
    /// cache, or the known mirrors (170 MB; checksum verified, kept in the cache). Images are u8[3, 32, 32], <see cref="Layout.ChannelsFirst"/>: planes of red,
    /// green, blue.
    /// </summary>
    /// <remarks>
    /// A folder holds <c>data_batch_1.bin</c> to <c>data_batch_5.bin</c> and <c>test_batch.bin</c>, plain or gzipped, or <c>cifar-10-binary.tar.gz</c>, here or in a
    /// folder <c>cifar-10</c> or <c>cifar-10-batches-bin</c>; the archive may also be given itself. The test batch and at least one training batch are needed:
    /// <see cref="ImageClassificationData.Origin"/> says when batches are missing, or are not the published ones. There are no drawn photographs: out of
    /// reach of all places it fails.
    /// </remarks>
    /// <exception cref="DatasetFormatException">A file is damaged, of another format, or another batch than its name says; nothing is half-read.</exception>
    /// <exception cref="DatasetUnavailableException">The given folder has no test batch or no training batch, or no place had the files.</exception>
    public static ImageClassificationData Load(DataOptions options) => Blocking.Wait(token => LoadAsync(options, token));

    /// <inheritdoc cref="Load(DataOptions)"/>
    public static Task<ImageClassificationData> LoadAsync(DataOptions? options = null, CancellationToken cancellationToken = default) =>
        LoadAsync(options ?? new(), DataPlaces.OfThisUser, cancellationToken);

    internal static async Task<ImageClassificationData> LoadAsync(DataOptions options, DataPlaces places, CancellationToken cancellationToken)
    {
        List<string> log = [];
        return await new CifarLoader(Published, options, places, log).TryLoadAsync(cancellationToken).ConfigureAwait(false)
            ?? throw new DatasetUnavailableException(Published.Name, log);
    }
}
