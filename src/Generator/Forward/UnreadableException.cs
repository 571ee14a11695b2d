namespace Convoke.Generator;

/// <summary>Ends the reading of a Forward; what is wrong has been reported, by us or by the compiler.</summary>
internal sealed class UnreadableException : Exception;
