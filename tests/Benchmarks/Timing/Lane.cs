namespace Convoke.Benchmarks.Timing;

/// <summary>One contender in one row of a table.</summary>
/// <param name="Row">The row.</param>
/// <param name="Contender">The column.</param>
/// <param name="Prepare">Run before each block, untimed: thread count, weights.</param>
/// <param name="Run">Does a number of steps.</param>
internal sealed record Lane(string Row, string Contender, Action Prepare, Action<int> Run);
