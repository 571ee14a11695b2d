namespace Convoke.Benchmarks.Programs;

/// <summary>Contenders that compute different functions: their times cannot be compared.</summary>
internal sealed class DifferentFunctionException(string message) : Exception(message);
