namespace Convoke.Cuda.Tests;

/// <summary>An empty folder that is gone after the test.</summary>
internal sealed class ScratchFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("convoke-test-").FullName;

    /// <summary>An empty file at a place below, with the folders on the way; its full path.</summary>
    public string File(string place)
    {
        string path = System.IO.Path.Combine(Path, place);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        System.IO.File.WriteAllBytes(path, []);
        return path;
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
