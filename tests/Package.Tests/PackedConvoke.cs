namespace Convoke.Package.Tests;

/// <summary>The package, packed once from the build's outputs into a folder that serves as the only package source.</summary>
[CollectionDefinition(nameof(PackedConvoke))]
public sealed class PackedConvoke : IAsyncLifetime, ICollectionFixture<PackedConvoke>
{
    private readonly string _root = Directory.CreateTempSubdirectory("convoke-package-").FullName;

    /// <summary>A version that no other source and no cache can have.</summary>
    public string Version { get; } = $"0.0.1-test.{Guid.NewGuid():N}";

    public string Package => Path.Combine(Feed, $"Convoke.{Version}.nupkg");

    public string SymbolPackage => Path.Combine(Feed, $"Convoke.{Version}.snupkg");

    private string Feed => Path.Combine(_root, "feed");

    public async Task InitializeAsync()
    {
        // Not built again: other test projects are running from the same outputs.
        (await DotNet.Run(_root, "pack", Path.Combine(BuildFacts.Repository, "src", "Runtime", "Convoke.csproj"), "-c", BuildFacts.Configuration, "--no-build", "-o", Feed, $"-p:PackageVersion={Version}", "-nologo")).Succeeded();
    }

    public Task DisposeAsync()
    {
        Directory.Delete(_root, recursive: true);
        return Task.CompletedTask;
    }

    /// <summary>A fresh console program outside of the repository that references the package, with one source file.</summary>
    /// <param name="name">Folder and project.</param>
    /// <param name="program">Text of Program.cs.</param>
    /// <returns>Its folder.</returns>
    internal string CreateApp(string name, string program)
    {
        string folder = Directory.CreateDirectory(Path.Combine(_root, name)).FullName;
        File.WriteAllText(Path.Combine(folder, "Program.cs"), program);
        File.WriteAllText(Path.Combine(folder, name + ".csproj"), $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <OutputType>Exe</OutputType>
                <TargetFramework>net10.0</TargetFramework>
                <Nullable>enable</Nullable>
                <ImplicitUsings>enable</ImplicitUsings>
              </PropertyGroup>
              <ItemGroup>
                <PackageReference Include="Convoke" Version="{Version}" />
              </ItemGroup>
            </Project>
            """);

        // Convoke comes from the feed into a folder of its own; what it depends on is what this repository's restore already put down. No network.
        File.WriteAllText(Path.Combine(folder, "nuget.config"), $"""
            <configuration>
              <config><add key="globalPackagesFolder" value="{Path.Combine(_root, "packages")}" /></config>
              <packageSources><clear /><add key="feed" value="{Feed}" /></packageSources>
              <fallbackPackageFolders><clear /><add key="restored" value="{BuildFacts.NuGetPackageRoot}" /></fallbackPackageFolders>
            </configuration>
            """);
        foreach (string file in (string[])["Directory.Build.props", "Directory.Build.targets", "Directory.Packages.props"])
            File.WriteAllText(Path.Combine(folder, file), "<Project />");
        return folder;
    }
}
