using Convoke.Snapshots;
using Microsoft.CodeAnalysis;

namespace Convoke.Generator.Tests;

/// <summary>Every id has a help page, a link to it, and a place in the release notes.</summary>
public class CatalogTests
{
    private static readonly DiagnosticDescriptor[] All = [.. new ModelAnalyzer().SupportedDiagnostics];

    [Fact]
    public void Ids_are_unique_and_ordered() =>
        Assert.Equal(All.Select(static d => d.Id).Distinct().Order(StringComparer.Ordinal), All.Select(static d => d.Id));

    [Fact]
    public void Every_descriptor_has_a_page_and_every_page_a_descriptor() => Assert.Equal(
        All.Select(static d => d.Id + ".md"),
        Pages().Select(Path.GetFileName).Order(StringComparer.Ordinal));

    [Fact]
    public void Every_descriptor_links_to_its_page() =>
        Assert.All(All, static d => Assert.EndsWith("/docs/diagnostics/" + d.Id + ".md", d.HelpLinkUri, StringComparison.Ordinal));

    [Fact]
    public void Every_page_begins_with_its_title_and_says_cause_example_and_remedy() => Assert.All(All, static d =>
    {
        string page = File.ReadAllText(Path.Combine(Folder(), d.Id + ".md"));
        Assert.StartsWith($"# {d.Id}: {d.Title.ToString(System.Globalization.CultureInfo.InvariantCulture)}\n", page, StringComparison.Ordinal);
        Assert.Contains("\n## Example\n", page, StringComparison.Ordinal);
        Assert.Contains("\n## How to fix it\n", page, StringComparison.Ordinal);
    });

    [Fact]
    public void The_index_lists_every_page() => Assert.Equal(
        All.Select(static d => $"| [{d.Id}]({d.Id}.md) | {d.DefaultSeverity} | {d.Title.ToString(System.Globalization.CultureInfo.InvariantCulture)} |"),
        File.ReadAllLines(Path.Combine(Folder(), "README.md")).Where(static line => line.StartsWith("| [CVK", StringComparison.Ordinal)));

    /// <summary>Ids that the compiler of models reports are text there; one that the catalog lacks would end the analyzer.</summary>
    [Fact]
    public void Every_id_in_the_sources_is_in_the_catalog()
    {
        var known = All.Select(static d => d.Id).ToHashSet(StringComparer.Ordinal);
        foreach (string file in Directory.EnumerateFiles(Path.Combine(SnapshotFolder.Root(), "src"), "*.cs", SearchOption.AllDirectories))
            foreach (System.Text.RegularExpressions.Match id in System.Text.RegularExpressions.Regex.Matches(File.ReadAllText(file), "CVK[0-9]{4}"))
                Assert.True(known.Contains(id.Value), $"{id.Value} in {file} is not in the catalog.");
    }

    private static string Folder() => Path.Combine(SnapshotFolder.Root(), "docs", "diagnostics");

    private static string[] Pages() => Directory.GetFiles(Folder(), "CVK*.md");
}
