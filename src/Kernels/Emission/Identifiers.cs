using System.Text;

namespace Convoke.Kernels.Emission;

/// <summary>Value and layer names as identifiers of emitted code: "max_pooling2d.arg" is maxPooling2dArg, or MaxPooling2dArg.</summary>
public static class Identifiers
{
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
