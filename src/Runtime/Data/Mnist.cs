namespace Convoke;

/// <summary>MNIST: handwritten digits, 28x28 grey; 60,000 to train on and 10,000 to test.</summary>
public static class Mnist
{
    internal static readonly IdxDataset Published = new(
        "MNIST", "mnist",
        new("train-images", 3, 9_912_422, "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609", "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"),
        new("train-labels", 1, 28_881, "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c", "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"),
        new("t10k-images", 3, 1_648_877, "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6", "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"),
        new("t10k-labels", 1, 4_542, "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6", "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"),
        ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"],
        [new("https://ossci-datasets.s3.amazonaws.com/mnist/"), new("https://storage.googleapis.com/cvdf-datasets/mnist/")]);

    /// <summary>Loads MNIST from <paramref name="folder"/>, or, without one, from wherever <see cref="Load(DataOptions)"/> finds it.</summary>
    /// <inheritdoc cref="Load(DataOptions)" path="/exception"/>
    public static ImageClassificationData Load(string? folder = null) => Load(new DataOptions { Folder = folder });

    /// <summary>
    /// Loads MNIST: from the given folder alone, or else from the folder in the environment variable <c>CONVOKE_DATA</c>, the user's cache,
    /// or the known mirrors (checksums verified, kept in the cache). Out of reach of all of them, it draws digits itself
    /// (<see cref="DrawnDigits"/>) and says so in <see cref="ImageClassificationData.Origin"/>.
    /// </summary>
    /// <exception cref="DatasetFormatException">A file is damaged, of another format, or of another data set; nothing is half-read.</exception>
    /// <exception cref="DatasetUnavailableException">The given folder lacks a file, or no place had them and drawing is not allowed.</exception>
    public static ImageClassificationData Load(DataOptions options) => Blocking.Wait(token => LoadAsync(options, token));

    /// <inheritdoc cref="Load(DataOptions)"/>
    public static Task<ImageClassificationData> LoadAsync(DataOptions? options = null, CancellationToken cancellationToken = default) =>
        LoadAsync(options ?? new(), DataPlaces.OfThisUser, cancellationToken);

    internal static async Task<ImageClassificationData> LoadAsync(DataOptions options, DataPlaces places, CancellationToken cancellationToken)
    {
        List<string> log = [];
        ImageClassificationData? found = await new IdxDatasetLoader(Published, options, places, log).TryLoadAsync(cancellationToken).ConfigureAwait(false);
        if (found is not null) return found;
        if (!options.AllowDrawn) throw new DatasetUnavailableException(Published.Name, log);

        log.Add("drawing digits instead");
        return DrawnDigits.Create(log);
    }
}
