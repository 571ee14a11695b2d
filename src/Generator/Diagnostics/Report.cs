using Microsoft.CodeAnalysis;

namespace Convoke.Generator;

/// <summary>Where the reader's findings go: to the analyzer's context, or nowhere when the generator reads.</summary>
/// <param name="descriptor">What was found.</param>
/// <param name="location">The token, argument or attribute at fault.</param>
/// <param name="other">The attribute where it can be mended too, where that is elsewhere; code fixes write there.</param>
/// <param name="arguments">What the message format is filled with; text, so that no culture has a say.</param>
internal delegate void Report(DiagnosticDescriptor descriptor, Location location, Location? other, params string[] arguments);
