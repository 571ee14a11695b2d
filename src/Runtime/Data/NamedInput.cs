namespace Convoke;

/// <summary>What a data set has for one input of a model.</summary>
/// <param name="Input">Name of the input.</param>
/// <param name="Samples">A set of as many samples, whose labels do not count.</param>
internal sealed record NamedInput(string Input, Dataset Samples);
