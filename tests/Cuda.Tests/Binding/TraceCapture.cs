namespace Convoke.Cuda.Tests.Binding;

/// <summary>Tests that look at, or switch on, what CONVOKE_DEBUG shows run one after the other: it is the process's.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class TracedTests
{
    public const string Name = "trace";
}

/// <summary>Sets the debug level and keeps what is written, until disposed.</summary>
internal sealed class TraceCapture : IDisposable
{
    private readonly (int Level, TextWriter Writer, string Folder) _before = (CudaTrace.Level, CudaTrace.Writer, CudaTrace.Folder);
    private readonly StringWriter _text = new();

    public TraceCapture(int level) => (CudaTrace.Level, CudaTrace.Writer) = (level, TextWriter.Synchronized(_text));

    public string Folder
    {
        get => CudaTrace.Folder;
        init => CudaTrace.Folder = value;
    }

    /// <summary>What was written since the last call.</summary>
    public string TakeText()
    {
        string text = _text.ToString();
        _text.GetStringBuilder().Clear();
        return text;
    }

    public void Dispose() => (CudaTrace.Level, CudaTrace.Writer, CudaTrace.Folder) = _before;
}
