using System.Text;

namespace Convoke.Kernels.Emission;

/// <summary>Value and layer names as identifiers of emitted code: "max_pooling2d.arg" is maxPooling2dArg, or MaxPooling2dArg.</summary>
public static class Identifiers
{
    private static readonly HashSet<string> Keywords =
    [
        "abstract", "as", "base", "bool", "break", "byte", "case", "catch", "char", "checked", "class", "const", "continue", "decimal", "default", "delegate", "do",
        "double", "else", "enum", "event", "explicit", "extern", "false", "finally", "fixed", "float", "for", "foreach", "goto", "if", "implicit", "in", "int",
        "interface", "internal", "is", "lock", "long", "namespace", "new", "null", "object", "operator", "out", "override", "params", "private", "protected", "public",
        "readonly", "ref", "return", "sbyte", "sealed", "short", "sizeof", "stackalloc", "static", "string", "struct", "switch", "this", "throw", "true", "try",
        "typeof", "uint", "ulong", "unchecked", "unsafe", "ushort", "using", "virtual", "void", "volatile", "while",
    ];

    /// <summary>Whether C# reserves the word.</summary>
    public static bool IsKeyword(string name) => Keywords.Contains(name);

    public static string Camel(string name) => Join(name, upperFirst: false);

    public static string Pascal(string name) => Join(name, upperFirst: true);

    private static string Join(string name, bool upperFirst)
    {
        var text = new StringBuilder();
        bool upper = upperFirst;
        foreach (char c in name)
        {
            if (!char.IsLetterOrDigit(c))
            {
                upper = text.Length > 0 || upperFirst;
                continue;
            }

            if (text.Length == 0 && char.IsDigit(c)) text.Append('_');
            text.Append(upper ? char.ToUpperInvariant(c) : text.Length == 0 ? char.ToLowerInvariant(c) : c);
            upper = false;
        }

        return text.ToString();
    }
}
