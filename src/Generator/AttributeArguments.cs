using System.Collections.Immutable;
using System.Globalization;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Convoke.Generator;

/// <summary>The arguments of one attribute by name, constructor parameters and properties alike, checked against their ranges.</summary>
/// <remarks>A value out of range is reported at its expression and replaced by one in range, so that reading goes on and finds the next fault.</remarks>
internal sealed class AttributeArguments
{
    private readonly AttributeData _attribute;
    private readonly Report? _report;
    private readonly CancellationToken _cancellation;

    public AttributeArguments(AttributeData attribute, Report? report, CancellationToken cancellation)
    {
        _attribute = attribute;
        _report = report;
        _cancellation = cancellation;
        // The compiler reports what does not bind or convert; a second message would only repeat it.
        Failed = attribute.AttributeConstructor is null
            || attribute.ConstructorArguments.Any(IsError)
            || attribute.NamedArguments.Any(static named => IsError(named.Value));

        static bool IsError(TypedConstant value) => value.Kind == TypedConstantKind.Error
            || (value.Kind == TypedConstantKind.Array && !value.IsNull && value.Values.Any(IsError));
    }

    /// <summary>The attribute as the user writes it: "Conv2D".</summary>
    public string Title => TitleOf(_attribute);

    /// <summary>Whether some argument is at fault.</summary>
    public bool Failed { get; private set; }

    public static string TitleOf(AttributeData attribute)
    {
        const string Suffix = "Attribute";
        string name = attribute.AttributeClass!.Name;
        return name.EndsWith(Suffix, StringComparison.Ordinal) ? name.Substring(0, name.Length - Suffix.Length) : name;
    }

    /// <summary>Whether the attribute has this constructor parameter, or was given this property.</summary>
    public bool Has(string name) => Find(name) is not null;

    /// <summary>A whole number; <paramref name="least"/> where it is left out.</summary>
    /// <param name="name">The parameter or property.</param>
    /// <param name="least">The least that it may be.</param>
    /// <param name="most">The most that it may be.</param>
    /// <param name="why">What the range follows from, where that is not plain: " (half of the window)".</param>
    public int Int(string name, int least, int most, string why = "")
    {
        if (Find(name) is not { Value: int value }) return least;
        if (value >= least && value <= most) return value;
        OutOfRange(name, Literals.Of(least) + " to " + Literals.Of(most) + why, Literals.Of(value));
        return least;
    }

    /// <summary>The numbers of a params parameter.</summary>
    public ImmutableArray<int> Ints(string name) =>
        Find(name) is { Kind: TypedConstantKind.Array, IsNull: false, Values: var values } ? [.. values.Select(static value => (int)value.Value!)] : [];

    /// <summary>A whole number that may be left out.</summary>
    public int? OptionalInt(string name, int least, int most) => Has(name) ? Int(name, least, most) : null;

    /// <summary>A real number for which <paramref name="allows"/> holds; <paramref name="fallback"/> where it is left out.</summary>
    public double Real(string name, double fallback, Func<double, bool> allows, string range)
    {
        if (Find(name) is not { Value: { } boxed }) return fallback;
        double value = Convert.ToDouble(boxed, CultureInfo.InvariantCulture);
        if (allows(value)) return value;
        OutOfRange(name, range, Literals.Of(value));
        return fallback;
    }

    /// <summary>A value that is in range by itself, and not beside the others.</summary>
    public void Refuse(string name, string range, string found) => OutOfRange(name, range, found);

    /// <summary>Refuses all of <paramref name="names"/> that are given, since <paramref name="beside"/> is given too.</summary>
    public void RefuseBeside(string beside, params string[] names)
    {
        if (!Has(beside)) return;
        foreach (string name in names)
            if (Has(name)) Refuse(name, "left out beside " + beside, Convert.ToString(Find(name)!.Value.Value, CultureInfo.InvariantCulture)!);
    }

    public bool Flag(string name, bool fallback) => Find(name) is { Value: bool value } ? value : fallback;

    public string? Text(string name) => Find(name) is { Value: string value } ? value : null;

    /// <summary>A member of an enumeration whose members are numbered as <paramref name="members"/> are placed; the first where it is left out.</summary>
    public T Member<T>(string name, params T[] members)
    {
        if (Find(name) is not { Value: int value }) return members[0];
        if (value >= 0 && value < members.Length) return members[value];
        OutOfRange(name, "a member of its enumeration", Literals.Of(value));
        return members[0];
    }

    public void Fault(DiagnosticDescriptor descriptor, Location location, params string[] arguments)
    {
        Failed = true;
        _report?.Invoke(descriptor, location, null, arguments);
    }

    /// <summary>The attribute with all its arguments.</summary>
    public Location Location() =>
        _attribute.ApplicationSyntaxReference is { } reference ? Microsoft.CodeAnalysis.Location.Create(reference.SyntaxTree, reference.Span) : Microsoft.CodeAnalysis.Location.None;

    /// <summary>The expression given for a parameter or property (for element <paramref name="element"/> of a params parameter); the attribute where there is none.</summary>
    public Location Location(string? name, int element = 0)
    {
        if (name is null || _attribute.ApplicationSyntaxReference?.GetSyntax(_cancellation) is not AttributeSyntax { ArgumentList.Arguments: var arguments })
            return Location();
        foreach (AttributeArgumentSyntax argument in arguments)
            if ((argument.NameColon?.Name ?? argument.NameEquals?.Name)?.Identifier.ValueText == name) return argument.Expression.GetLocation();
        int parameter = ParameterIndex(name);
        if (parameter < 0) return Location();
        int position = parameter + element;
        return position < arguments.Count && arguments[position] is { NameColon: null, NameEquals: null } at ? at.Expression.GetLocation() : Location();
    }

    private void OutOfRange(string name, string range, string found) =>
        Fault(DiagnosticCatalog.OutOfRange, Location(name), name, Title, range, found);

    private TypedConstant? Find(string name)
    {
        foreach (KeyValuePair<string, TypedConstant> named in _attribute.NamedArguments)
            if (named.Key == name) return named.Value;
        int parameter = ParameterIndex(name);
        return parameter >= 0 && parameter < _attribute.ConstructorArguments.Length ? _attribute.ConstructorArguments[parameter] : null;
    }

    private int ParameterIndex(string name)
    {
        if (_attribute.AttributeConstructor is not { Parameters: var parameters }) return -1;
        for (int i = 0; i < parameters.Length; i++)
            if (parameters[i].Name == name) return i;
        return -1;
    }
}
