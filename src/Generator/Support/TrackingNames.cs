namespace Convoke.Generator;

/// <summary>Names of the pipeline's steps, by which tests see what an edit made run again.</summary>
internal static class TrackingNames
{
    public const string Parse = "Convoke.Parse";
    public const string Compile = "Convoke.Compile";
    public const string Widths = "Convoke.Widths";
}
