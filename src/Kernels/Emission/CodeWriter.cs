using System.Globalization;
using System.Text;

namespace Convoke.Kernels.Emission;

/// <summary>Indented text. A paragraph is one raw string: every line of it stands at the writer's indentation; blank lines stay empty; '\n' only.</summary>
public sealed class CodeWriter
{
    private readonly StringBuilder _text = new();
    private int _depth;

    /// <summary>Writes one line, or a paragraph of several.</summary>
    public void Line(string text = "")
    {
        foreach (string line in text.Replace("\r\n", "\n").Split('\n'))
        {
            string trimmed = line.TrimEnd();
            if (trimmed.Length > 0) _text.Append(' ', 4 * _depth).Append(trimmed);
            _text.Append('\n');
        }
    }

    /// <summary>Writes a paragraph that stands at the margin, wherever the writer is: a file within a file.</summary>
    public void AtMargin(string text)
    {
        int depth = _depth;
        _depth = 0;
        Line(text);
        _depth = depth;
    }

    /// <summary>Writes <paramref name="header"/> and an opening brace; disposing the result closes it.</summary>
    public IDisposable Block(string header, string closing = "}")
    {
        Line(header);
        Line("{");
        _depth++;
        return new Scope(this, closing);
    }

    /// <summary>A float literal that reads back to the same bits, independent of culture.</summary>
    public static string Literal(double value)
    {
        string text = ((float)value).ToString("G9", CultureInfo.InvariantCulture);
        return text + "f";
    }

    public override string ToString() => _text.ToString();

    private sealed class Scope(CodeWriter writer, string closing) : IDisposable
    {
        public void Dispose()
        {
            writer._depth--;
            writer.Line(closing);
        }
    }
}
