using System.Globalization;
using System.Runtime.CompilerServices;

namespace Convoke;

/// <summary>What CONVOKE_DEBUG shows, on standard error; docs/debugging.md has the levels. It changes what is shown and never what is computed.</summary>
internal static class CudaTrace
{
    private static int? _level;

    /// <summary>0 (nothing) to 5.</summary>
    public static int Level
    {
        get => _level ??= ReadLevel(Environment.GetEnvironmentVariable("CONVOKE_DEBUG"));
        set => _level = value;
    }

    /// <summary>Kernels are timed one by one, which a graph would hide: who would capture one does not.</summary>
    public static bool TimesKernels => Level >= 3;

    /// <summary>Where lines go.</summary>
    public static TextWriter Writer { get; set; } = Console.Error;

    /// <summary>Folder of the files that levels 4 and 5 write.</summary>
    public static string Folder { get; set; } = Environment.GetEnvironmentVariable("CONVOKE_DEBUG_FOLDER") is { Length: > 0 } named ? named : "convoke-debug";

    /// <summary>A line from <paramref name="level"/> on. Costs nothing below: the text is only put together where it is shown.</summary>
    public static void Write(int level, [InterpolatedStringHandlerArgument("level")] ref TraceText text)
    {
        if (Level >= level) Writer.WriteLine("convoke: " + text.ToStringAndClear());
    }

    /// <summary>A file from <paramref name="level"/> on; a folder that cannot be written is said once per file and is no error.</summary>
    public static void Save(int level, string fileName, ReadOnlySpan<byte> content)
    {
        if (Level < level) return;
        string path = Path.GetFullPath(Path.Combine(Folder, fileName));
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllBytes(path, content);
            Write(level, $"wrote {path}");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            Write(level, $"could not write {path}: {failure.Message}");
        }
    }

    /// <summary>The level of a variable's text.</summary>
    public static int ReadLevel(string? text)
    {
        if (string.IsNullOrWhiteSpace(text)) return 0;
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int level)) return Math.Min(level, 5);
        Writer.WriteLine($"convoke: CONVOKE_DEBUG is \"{text}\"; it takes 0 nothing, 1 devices and compilations, 2 launches and graphs, 3 the time of each kernel, 4 kernels as .cu files, 5 their PTX, cubin and compiler log");
        return 0;
    }

    /// <summary>Text of a trace line, put together only where the level asks for it.</summary>
    [InterpolatedStringHandler]
    public ref struct TraceText
    {
        private DefaultInterpolatedStringHandler _text;
        private readonly bool _isShown;

        public TraceText(int literalLength, int formattedCount, int level, out bool isShown)
        {
            _isShown = isShown = Level >= level;
            if (isShown) _text = new(literalLength, formattedCount, CultureInfo.InvariantCulture);
        }

        public void AppendLiteral(string text) => _text.AppendLiteral(text);

        public void AppendFormatted<T>(T value) => _text.AppendFormatted(value);

        public void AppendFormatted<T>(T value, int alignment, string? format = null) => _text.AppendFormatted(value, alignment, format);

        public void AppendFormatted<T>(T value, string format) => _text.AppendFormatted(value, format);

        public string ToStringAndClear() => _isShown ? _text.ToStringAndClear() : "";
    }
}
