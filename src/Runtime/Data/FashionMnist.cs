namespace Convoke;

/// <summary>Fashion-MNIST: garments, 28x28 grey; 60,000 to train on and 10,000 to test. Same format as MNIST, harder.</summary>
public static class FashionMnist
{
    internal static readonly IdxDataset Published = new(
        "Fashion-MNIST", "fashion-mnist",
        new("train-images", 3, 26_421_880, "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84", "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888"),
        new("train-labels", 1, 29_515, "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845", "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9"),
        new("t10k-images", 3, 4_422_102, "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073", "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b"),
        new("t10k-labels", 1, 5_148, "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5", "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34"),
        ["T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"],
        [
            new("https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/"),
            // The publisher's own address has no TLS; the checksum is what vouches for the bytes.
            new("http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/"),
        ]);

    /// <summary>Loads Fashion-MNIST from <paramref name="folder"/>, or, without one, from wherever <see cref="Load(DataOptions)"/> finds it.</summary>
    /// <inheritdoc cref="Load(DataOptions)" path="/exception"/>
    public static ImageClassificationData Load(string? folder = null) => Load(new DataOptions { Folder = folder });

    /// <summary>
    /// Loads Fashion-MNIST: from the given folder alone, or else from the folder in the environment variable <c>CONVOKE_DATA</c>, the user's cache,
    /// or the known mirrors (checksums verified, kept in the cache). There are no drawn garments: out of reach of all of them it fails.
    /// </summary>
    /// <exception cref="DatasetFormatException">A file is damaged, of another format, or of another data set; nothing is half-read.</exception>
    /// <exception cref="DatasetUnavailableException">The given folder lacks a file, or no place had them.</exception>
    public static ImageClassificationData Load(DataOptions options) => Blocking.Wait(token => LoadAsync(options, token));

    /// <inheritdoc cref="Load(DataOptions)"/>
    public static Task<ImageClassificationData> LoadAsync(DataOptions? options = null, CancellationToken cancellationToken = default) =>
        LoadAsync(options ?? new(), DataPlaces.OfThisUser, cancellationToken);

    internal static async Task<ImageClassificationData> LoadAsync(DataOptions options, DataPlaces places, CancellationToken cancellationToken)
    {
        List<string> log = [];
        return await new IdxDatasetLoader(Published, options, places, log).TryLoadAsync(cancellationToken).ConfigureAwait(false)
            ?? throw new DatasetUnavailableException(Published.Name, log);
    }
}
