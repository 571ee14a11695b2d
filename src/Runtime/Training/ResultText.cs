using System.Globalization;

namespace Convoke;

/// <summary>Loss and accuracy as people read them, the same in every culture.</summary>
internal static class ResultText
{
    /// <summary>"loss 0.0412, accuracy 98.63 %", each word after <paramref name="prefix"/>.</summary>
    public static string Metrics(double loss, double? accuracy, string prefix = "")
    {
        string text = string.Create(CultureInfo.InvariantCulture, $"{prefix}loss {loss:0.0000}");
        return accuracy is { } share ? string.Create(CultureInfo.InvariantCulture, $"{text}, {prefix}accuracy {100 * share:0.00} %") : text;
    }
}
