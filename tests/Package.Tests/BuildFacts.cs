using System.Reflection;

namespace Convoke.Package.Tests;

/// <summary>What this assembly's build recorded about itself.</summary>
internal static class BuildFacts
{
    public static string Configuration => Fact(nameof(Configuration));

    public static string Repository => Path.GetFullPath(Fact(nameof(Repository)));

    public static string NuGetPackageRoot => Fact(nameof(NuGetPackageRoot));

    private static string Fact(string key) =>
        typeof(BuildFacts).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().First(a => a.Key == key).Value!;
}
