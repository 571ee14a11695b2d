namespace Convoke.Snapshots;

/// <summary>Placeholder until the snapshot helper lands.</summary>
public static class Verifier
{
}
