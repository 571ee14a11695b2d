using Convoke.Kernels.Types;

namespace Convoke.Kernels.Models;

/// <summary>A fault of a model that only its shapes show; the front end turns it into a diagnostic at the right token.</summary>
/// <param name="Id">Diagnostic id, for example "CVK0102".</param>
/// <param name="Call">Index of the call at fault, or the input at fault (<see cref="CallSpec.InputAt"/>).</param>
/// <param name="Argument">Name of the attribute's constructor parameter or property at fault (as in the attribute: "kernel", "In"), or null for the whole attribute.</param>
/// <param name="MessageArguments">What the id's message format is filled with.</param>
public sealed record SpecProblem(string Id, int Call, string? Argument, EquatableArray<string> MessageArguments);
