namespace Convoke.PtxEmulator;

/// <summary>Cuts PTX text into tokens. An opcode with its suffixes, a register and a directive are one token each.</summary>
internal static class Tokenizer
{
    public static List<Token> Tokenize(string text)
    {
        List<Token> tokens = new(text.Length / 5);
        Dictionary<string, string>.AlternateLookup<ReadOnlySpan<char>> names = new Dictionary<string, string>().GetAlternateLookup<ReadOnlySpan<char>>();
        int line = 1, at = 0;
        while (at < text.Length)
        {
            char c = text[at];
            if (c == '\n') { line++; at++; continue; }
            if (c is ' ' or '\t' or '\r' or '\0') { at++; continue; }
            if (c == '/' && at + 1 < text.Length && text[at + 1] == '/')
            {
                while (at < text.Length && text[at] != '\n') at++;
                continue;
            }
            if (c == '/' && at + 1 < text.Length && text[at + 1] == '*')
            {
                int end = text.IndexOf("*/", at + 2, StringComparison.Ordinal);
                if (end < 0) throw new PtxException(line, "the comment has no end");
                for (; at < end + 2; at++) if (text[at] == '\n') line++;
                continue;
            }
            int length = Length(text, at, line);
            ReadOnlySpan<char> span = text.AsSpan(at, length);
            if (!names.TryGetValue(span, out string? word)) names[span] = word = span.ToString();
            tokens.Add(new(word, line));
            at += length;
        }
        return tokens;
    }

    private static int Length(string text, int at, int line)
    {
        int end = at + 1;
        char c = text[at];
        if (c == '"')
        {
            end = text.IndexOf('"', end) + 1;
            if (end == 0) throw new PtxException(line, "the string has no end");
            return end - at;
        }
        if (char.IsAsciiDigit(c))
        {
            while (end < text.Length && char.IsAsciiLetterOrDigit(text[end])) end++;
            return end - at;
        }
        if (IsStart(c))
        {
            // "::" belongs to the word: .shared::cta, .mbarrier::complete_tx::bytes
            while (end < text.Length && (IsStart(text[end]) || char.IsAsciiDigit(text[end]) || IsPath(text, end)))
                end += IsPath(text, end) ? 2 : 1;
            return end - at;
        }
        if (!"{}[]();:,@!<>=+-|".Contains(c)) throw new PtxException(line, $"unexpected '{c}'");
        return 1;
    }

    private static bool IsStart(char c) => char.IsAsciiLetter(c) || c is '_' or '$' or '%' or '.';

    private static bool IsPath(string text, int at) => text[at] == ':' && at + 2 < text.Length && text[at + 1] == ':' && IsStart(text[at + 2]);
}
