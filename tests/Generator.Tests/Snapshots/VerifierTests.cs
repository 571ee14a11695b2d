using Convoke.Snapshots;
using Xunit.Sdk;

namespace Convoke.Generator.Tests;

/// <summary>The snapshot helper itself: what it accepts, what it refuses, and the bytes that it leaves.</summary>
public sealed class VerifierTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("convoke-snapshots-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_new_target_fails_and_is_left_beside_the_test()
    {
        string message = Refused(new(null, "txt", "one\r\ntwo\n"));
        Assert.Contains("New: T.M.verified.txt", message, StringComparison.Ordinal);
        Assert.Equal(["T.M.received.txt"], Files());
        Assert.Equal("\uFEFFone\ntwo"u8, File.ReadAllBytes(Path.Combine(_folder, "T.M.received.txt")));
    }

    [Fact]
    public async Task An_accepted_target_passes_from_then_on()
    {
        await Verifier.Check([new(null, "txt", "one\ntwo\n")], _folder, "T.M", accept: true);
        Assert.Equal(["T.M.verified.txt"], Files());
        await Verifier.Check([new(null, "txt", "one\r\ntwo")], _folder, "T.M", accept: false);
    }

    [Fact]
    public async Task A_changed_target_fails_with_the_lines_that_differ_until_it_is_right_again()
    {
        await Verifier.Check([new("N.g", "cs", "same\nold")], _folder, "T.M", accept: true);
        string message = Refused(new("N.g", "cs", "same\nnew"));
        Assert.Contains("NotEqual: T.M#N.g.verified.cs", message, StringComparison.Ordinal);
        Assert.Contains("  - old", message, StringComparison.Ordinal);
        Assert.Contains("  + new", message, StringComparison.Ordinal);
        Assert.DoesNotContain("same", message, StringComparison.Ordinal);
        Assert.Equal(["T.M#N.g.received.cs", "T.M#N.g.verified.cs"], Files());

        await Verifier.Check([new("N.g", "cs", "same\nold")], _folder, "T.M", accept: false);
        Assert.Equal(["T.M#N.g.verified.cs"], Files());
    }

    [Fact]
    public async Task A_snapshot_that_nothing_makes_any_more_is_stale()
    {
        await Verifier.Check([new("a", "cs", "x"), new("b", "cs", "x")], _folder, "T.M", accept: true);
        await Verifier.Check([new(null, "txt", "x")], _folder, "T.Many", accept: true);
        Assert.Contains("Stale: T.M#b.verified.cs", Refused(new("a", "cs", "x")), StringComparison.Ordinal);
        await Verifier.Check([new("a", "cs", "x")], _folder, "T.M", accept: true);
        Assert.Equal(["T.M#a.verified.cs", "T.Many.verified.txt"], Files());
    }

    [Fact]
    public async Task What_differs_from_run_to_run_is_named_by_its_order()
    {
        await Verifier.Check([new(null, "txt", $"{Guid.NewGuid()} {AppContext.BaseDirectory}x")], _folder, "T.M", accept: true);
        await Verifier.Check([new(null, "txt", "Guid_1 {BaseDirectory}x")], _folder, "T.M", accept: false);
    }

    [Fact]
    public void A_path_that_a_deterministic_build_has_mapped_is_found_again() =>
        Assert.True(File.Exists(Path.Combine(SnapshotFolder.Of("/_/tests/Generator.Tests/Snapshots/VerifierTests.cs"), "VerifierTests.cs")));

    private string Refused(Verifier.Target target) =>
        Assert.Throws<FailException>(() => { _ = Verifier.Check([target], _folder, "T.M", accept: false); }).Message;

    private IEnumerable<string?> Files() => Directory.GetFiles(_folder).Select(Path.GetFileName).Order(StringComparer.Ordinal);
}
