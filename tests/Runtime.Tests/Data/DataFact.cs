namespace Convoke.Runtime.Tests;

/// <summary>A test that needs a real data set; where it is absent the test is skipped by name, or fails when CI_REQUIRE_DATA=1.</summary>
/// <remarks>Data sets are looked for in CONVOKE_TEST_DATA, else in a folder shared/data beside the checkout or any folder above the test assembly.</remarks>
[AttributeUsage(AttributeTargets.Method)]
public sealed class DataFactAttribute : FactAttribute
{
    public DataFactAttribute(string dataset)
    {
        Dataset = dataset;
        if (TestData.Find(dataset) is null && !TestData.IsRequired) Skip = $"the {dataset} files are not here (CONVOKE_TEST_DATA, shared/data)";
    }

    public string Dataset { get; }
}

/// <summary>Where real data sets lie for the tests.</summary>
public static class TestData
{
    public static bool IsRequired => Environment.GetEnvironmentVariable("CI_REQUIRE_DATA") == "1";

    /// <summary>Folder of <paramref name="dataset"/> ("mnist").</summary>
    public static string Folder(string dataset) =>
        Find(dataset) ?? throw new DirectoryNotFoundException($"CI_REQUIRE_DATA=1, but no {dataset} in CONVOKE_TEST_DATA or in a shared/data above {AppContext.BaseDirectory}");

    public static string? Find(string dataset) => Roots().Select(root => Path.Combine(root, dataset)).FirstOrDefault(Directory.Exists);

    private static IEnumerable<string> Roots()
    {
        if (Environment.GetEnvironmentVariable("CONVOKE_TEST_DATA") is { Length: > 0 } named)
        {
            yield return named;
            yield break;
        }

        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            yield return Path.Combine(folder.FullName, "shared", "data");
    }
}
