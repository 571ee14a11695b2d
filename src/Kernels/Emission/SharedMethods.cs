using System.Globalization;
using System.Text.RegularExpressions;

namespace Convoke.Kernels.Emission;

/// <summary>Lets layers of equal shapes share their methods in a C# file of kernels: fifty equal blocks are one block's text, and fifty calls.</summary>
/// <remarks>
/// Two private static methods are one where their text is the same, apart from numbers in their names, what locals are called, and places in an area, which become parameters:
/// <code>
/// static void Conv0Derive(StepContext step, int first) { float* w = step.Parameters + 448; ... }      static void Conv0Derive(StepContext step, int at0, int first) { float* w = step.Parameters + at0; ... }
/// static void Conv1Derive(StepContext step, int first) { float* w = step.Parameters + 2816; ... }     called as Conv0Derive(step, 448, 0) and Conv0Derive(step, 2816, 0)
/// </code>
/// All else must agree to the letter, sizes and bounds of loops above all: they stay the literals that the kernels are compiled for. Methods that call others are
/// compared once these have been joined.
/// </remarks>
public sealed class SharedMethods
{
    /// <summary>Characters of a file up to which every layer keeps methods of its own, under its own name, for both of its uses: such a file is read by people.</summary>
    public const int LongFile = 200_000;

    private const string Indent = "    ";
    private static readonly Regex Header = new(@"^    private static (?<type>[\w*]+) (?<name>\w+)\((?<parameters>[^()]*)\)(?<rest>.*)$", RegexOptions.CultureInvariant);
    private static readonly Regex Place = new(
        @"(?<=step\.\w+ \+ )\d+|(?<=\(step(?:, \d+)*, )\d+|(?<=\(nint\))\d+(?= \* step\.Capacity)|(?<=\b(?:partial|scratch) \+ )\d+|(?<=\bint place = )\d+", RegexOptions.CultureInvariant);
    private static readonly Regex AcrossLayers = new(@"_?\d+|Forward|Predict|Backward(?:Inside)?Dgrad|Inside", RegexOptions.CultureInvariant);
    private static readonly Regex AcrossUses = new("Forward|Predict", RegexOptions.CultureInvariant);
    private static readonly Regex Comment = new(@" *//[^\n]*", RegexOptions.CultureInvariant);
    private static readonly Regex Local = new(@"\b(?:float|int|byte)\* (?<name>\w+) =", RegexOptions.CultureInvariant);
    private static readonly Regex Word = new(@"\b[A-Za-z_]\w*\b", RegexOptions.CultureInvariant);
    private static readonly Regex Called = new(@"\b(?<name>\w+)\((?<step>step\b)?", RegexOptions.CultureInvariant);

    private readonly Dictionary<string, Method> _methods = new(StringComparer.Ordinal);

    /// <summary>What names of one method may differ by.</summary>
    private readonly Regex _differs;

    private SharedMethods(Regex differs) => _differs = differs;

    /// <summary>The file with shared methods; a short one's are shared only by the two uses of a layer, training and prediction.</summary>
    public static string Share(string file, int longFile = LongFile) => new SharedMethods(file.Length > longFile ? AcrossLayers : AcrossUses).Run(file.Split('\n'));

    private string Run(string[] lines)
    {
        List<Piece> pieces = Parse(lines);
        foreach (Method method in _methods.Values) method.Level = LevelOf(method);
        foreach (IGrouping<int, Method> level in _methods.Values.GroupBy(static m => m.Level).OrderBy(static g => g.Key).ToList())
        {
            foreach (Method method in level) method.Body = Redirect(method.Body);
            foreach (IGrouping<string, Method> same in level.GroupBy(Key, StringComparer.Ordinal)) Join([.. same]);
        }

        var text = new List<string>();
        foreach (Piece piece in pieces)
        {
            if (piece.Method is null) text.AddRange(piece.Lines.Select(Redirect));
            else if (piece.Method.Shared == piece.Method) text.AddRange(piece.Method.Write(piece.Lines));
            else if (text.Count > 0 && text[text.Count - 1].Length == 0) text.RemoveAt(text.Count - 1);
        }
        return string.Join("\n", text);
    }

    /// <summary>Cuts the file into methods that may be shared, with what stands right above them, and all else.</summary>
    private List<Piece> Parse(string[] lines)
    {
        var pieces = new List<Piece>();
        var other = new List<string>();
        var overloaded = new HashSet<string>(lines.Select(static line => Header.Match(line).Groups["name"].Value).GroupBy(static name => name).Where(static g => g.Count() > 1).Select(static g => g.Key), StringComparer.Ordinal);
        for (int i = 0; i < lines.Length; i++)
        {
            Match header = Header.Match(lines[i]);
            if (!header.Success || overloaded.Contains(header.Groups["name"].Value))
            {
                other.Add(lines[i]);
                continue;
            }

            int end = i;
            if (header.Groups["rest"].Value.Length == 0)
                while (lines[end] != Indent + "}") end++;
            int above = other.Count;
            while (above > 0 && (other[above - 1].StartsWith(Indent + "//", StringComparison.Ordinal) || other[above - 1].StartsWith(Indent + "[", StringComparison.Ordinal))) above--;
            List<string> head = other.GetRange(above, other.Count - above);
            other.RemoveRange(above, other.Count - above);
            pieces.Add(new(other, null));
            other = [];
            var method = new Method(
                header.Groups["name"].Value, header.Groups["type"].Value, header.Groups["parameters"].Value, string.Join("\n", head.Where(static line => line.TrimStart()[0] == '[')),
                string.Join("\n", [header.Groups["rest"].Value, .. lines.Skip(i + 1).Take(end - i)]));
            _methods.Add(method.Name, method);
            pieces.Add(new(head, method));
            i = end;
        }
        pieces.Add(new(other, null));
        return pieces;
    }

    private int LevelOf(Method method)
    {
        if (method.Level >= 0) return method.Level;
        int level = 0;
        foreach (Match call in Called.Matches(method.Body))
            if (_methods.TryGetValue(call.Groups["name"].Value, out Method? other) && other != method) level = Math.Max(level, LevelOf(other) + 1);
        return method.Level = level;
    }

    /// <summary>What must agree: all but places, what locals are called, comments, and numbers in a method's name, which otherwise says what it is for; prediction runs forward, and so does a data gradient.</summary>
    private string Key(Method method)
    {
        string body = Comment.Replace(method.Body, "");
        var locals = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (Match local in Local.Matches(body))
            if (!locals.ContainsKey(local.Groups["name"].Value)) locals.Add(local.Groups["name"].Value, "local" + locals.Count.ToString(CultureInfo.InvariantCulture));
        body = Word.Replace(body, word => locals.TryGetValue(word.Value, out string? local) ? local : word.Value);
        return string.Join("\n", _differs.Replace(method.Name, ""), method.Type, method.Parameters, method.Attributes, method.TakesStep ? Place.Replace(body, "#") : body);
    }

    /// <summary>Makes all of one text the first of them; places that differ become its parameters.</summary>
    private static void Join(Method[] same)
    {
        Method first = same[0];
        foreach (Method method in same) method.Shared = first;
        first.SharedBy = same;
        if (same.Length == 1 || !first.TakesStep) return;

        int[][] places = [.. same.Select(static method => Place.Matches(method.Body).Cast<Match>().Select(static m => int.Parse(m.Value, CultureInfo.InvariantCulture)).ToArray())];
        var parameters = new List<string>();
        var parameterOf = new string?[places[0].Length];
        for (int place = 0; place < parameterOf.Length; place++)
        {
            if (places.All(values => values[place] == places[0][place])) continue;
            int equal = Array.FindIndex(parameterOf, 0, place, static name => name is not null);
            while (equal >= 0 && !places.All(values => values[equal] == values[place])) equal = Array.FindIndex(parameterOf, equal + 1, place - equal - 1, static name => name is not null);
            if (equal < 0)
            {
                parameterOf[place] = "at" + parameters.Count.ToString(CultureInfo.InvariantCulture);
                parameters.Add(parameterOf[place]!);
                for (int i = 0; i < same.Length; i++) same[i].Arguments.Add(places[i][place].ToString(CultureInfo.InvariantCulture));
            }
            else
            {
                parameterOf[place] = parameterOf[equal];
            }
        }

        int at = 0;
        first.Body = Place.Replace(first.Body, found => parameterOf[at++] ?? found.Value);
        first.Parameters = "StepContext step" + string.Concat(parameters.Select(static name => ", int " + name)) + first.Parameters.Substring("StepContext step".Length);
    }

    /// <summary>Calls of methods that were joined, as calls of the one that is left, with the caller's own places.</summary>
    private string Redirect(string text) => Called.Replace(text, call =>
        !_methods.TryGetValue(call.Groups["name"].Value, out Method? method) || method.Shared is not { } shared ? call.Value
        : method.Arguments.Count == 0 ? shared.Name + "(" + call.Groups["step"].Value
        : $"{shared.Name}(step, {string.Join(", ", method.Arguments)}");

    private sealed record Piece(List<string> Lines, Method? Method);

    private sealed class Method(string name, string type, string parameters, string attributes, string body)
    {
        public string Name { get; } = name;

        public string Type { get; } = type;

        public string Attributes { get; } = attributes;

        public string Parameters { get; set; } = parameters;

        public string Body { get; set; } = body;

        public int Level { get; set; } = -1;

        public Method? Shared { get; set; }

        public Method[] SharedBy { get; set; } = [];

        /// <summary>Places that a call of the shared method is given for this one.</summary>
        public List<string> Arguments { get; } = [];

        public bool TakesStep { get; } = parameters.StartsWith("StepContext step", StringComparison.Ordinal);

        public IEnumerable<string> Write(List<string> above)
        {
            string also = SharedBy.Length < 2 ? "" : SharedBy.Length < 5 ? string.Join(", ", SharedBy.Skip(1).Select(static m => m.Name)) : $"{SharedBy[1].Name} to {SharedBy[SharedBy.Length - 1].Name}, {SharedBy.Length - 1} methods";
            if (also.Length > 0) above.Insert(above.FindLastIndex(static line => line.StartsWith(Indent + "//", StringComparison.Ordinal)) + 1, $"{Indent}//   shared with {also}");
            return [.. above, .. $"{Indent}private static {Type} {Name}({Parameters}){Body}".Split('\n')];
        }
    }
}
