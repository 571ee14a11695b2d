using System.Globalization;

namespace Convoke.PtxEmulator;

/// <summary>A place in the token list.</summary>
internal sealed class TokenReader(List<Token> tokens)
{
    private int _at;

    public bool AtEnd => _at >= tokens.Count;
    public string Current => AtEnd ? throw new PtxException(Line, "unexpected end of the text") : tokens[_at].Text;
    public int Line => tokens.Count == 0 ? 1 : tokens[Math.Min(_at, tokens.Count - 1)].Line;

    public bool Is(string text) => _at < tokens.Count && tokens[_at].Text == text;

    public bool NextIs(string text) => _at + 1 < tokens.Count && tokens[_at + 1].Text == text;

    public string Next()
    {
        string text = Current;
        _at++;
        return text;
    }

    public bool Accept(string text)
    {
        if (!Is(text)) return false;
        _at++;
        return true;
    }

    public void Expect(string text)
    {
        int line = Line;
        string found = Next();
        if (found != text) throw new PtxException(line, $"expected '{text}', found '{found}'");
    }

    /// <summary>Skips what is left of a line, for directives that end with it.</summary>
    public void SkipLine(int line)
    {
        while (!AtEnd && Line == line) _at++;
    }

    public int Integer()
    {
        int line = Line;
        ulong value = Number();
        return value <= int.MaxValue ? (int)value : throw new PtxException(line, $"{value} is too large");
    }

    /// <summary>The bits of a number: integers of any base, 0f and 0d literals, with a sign before them.</summary>
    public ulong Number()
    {
        if (Accept("-")) return (ulong)-(long)Number();
        int line = Line;
        string text = Next();
        return TryNumber(text, out ulong value) ? value : throw new PtxException(line, $"'{text}' is no number");
    }

    private static bool TryNumber(string text, out ulong value)
    {
        ReadOnlySpan<char> digits = text.AsSpan().TrimEnd('U');
        if (digits.Length > 2 && digits[0] == '0' && digits[1] is 'f' or 'F' or 'd' or 'D' or 'x' or 'X')
            return ulong.TryParse(digits[2..], NumberStyles.HexNumber, CultureInfo.InvariantCulture, out value);
        if (digits.Length > 2 && digits[0] == '0' && digits[1] is 'b' or 'B')
            return ulong.TryParse(digits[2..], NumberStyles.BinaryNumber, CultureInfo.InvariantCulture, out value);
        return ulong.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out value);
    }
}
