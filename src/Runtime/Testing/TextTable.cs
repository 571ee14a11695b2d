using System.Globalization;
using System.Text;

namespace Convoke.Testing;

/// <summary>Rows of one name and numbers, in aligned columns.</summary>
internal sealed class TextTable(params string[] head)
{
    private readonly List<string[]> _rows = [head];

    public void Add(string name, params ReadOnlySpan<int> numbers)
    {
        string[] row = new string[numbers.Length + 1];
        row[0] = name;
        for (int i = 0; i < numbers.Length; i++) row[i + 1] = numbers[i].ToString(CultureInfo.InvariantCulture);
        _rows.Add(row);
    }

    public override string ToString()
    {
        int[] widths = [.. Enumerable.Range(0, head.Length).Select(column => _rows.Max(row => row[column].Length))];
        StringBuilder text = new();
        foreach (string[] row in _rows)
        {
            text.Append(row[0].PadRight(widths[0]));
            for (int column = 1; column < row.Length; column++) text.Append("  ").Append(row[column].PadLeft(widths[column]));
            text.Append('\n');
        }

        return text.ToString();
    }
}
