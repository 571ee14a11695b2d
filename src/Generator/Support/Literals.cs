using System.Globalization;
using Microsoft.CodeAnalysis.CSharp;

namespace Convoke.Generator;

/// <summary>C# text of values, the same in every culture and on every host.</summary>
internal static class Literals
{
    public static string Of(int value) => value.ToString(CultureInfo.InvariantCulture);

    public static string Of(long value) => value.ToString(CultureInfo.InvariantCulture);

    public static string Of(bool value) => value ? "true" : "false";

    public static string Of(string value) => SymbolDisplay.FormatLiteral(value, quote: true);

    /// <summary>The shortest of 15, 16 and 17 digits that reads back as <paramref name="value"/>; "R" differs between the hosts' run times.</summary>
    public static string Of(double value)
    {
        foreach (string format in (string[])["G15", "G16"])
        {
            string text = value.ToString(format, CultureInfo.InvariantCulture);
            if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double back) && back.Equals(value)) return text;
        }
        return value.ToString("G17", CultureInfo.InvariantCulture);
    }

    /// <summary>A raw string literal of several lines, with as many quotes as the text asks for; a <c>CodeWriter</c> indents it whole.</summary>
    public static string Raw(string text, string indent = "    ")
    {
        int run = 0, longest = 2;
        foreach (char c in text)
        {
            run = c == '"' ? run + 1 : 0;
            longest = Math.Max(longest, run);
        }
        string quotes = new('"', longest + 1);
        string line = "\n" + indent;
        return line + quotes + line + text.TrimEnd('\n').Replace("\n", line) + line + quotes;
    }
}
