namespace Convoke.Kernels.KernelIr;

/// <summary>A few assignments on the values of one element, in order; variables are read as they stand.</summary>
/// <param name="Comment">The equation and its source, one line.</param>
/// <param name="Constants">Named constants, in the order of their use.</param>
/// <param name="Body">The assignments.</param>
public sealed record Pointwise(string Comment, IReadOnlyList<NamedConstant> Constants, IReadOnlyList<Assignment> Body);

/// <summary>A constant of the pointwise code, rounded to f32 where it is printed.</summary>
public sealed record NamedConstant(string Name, double Value);

/// <summary><paramref name="Target"/> = <paramref name="Value"/>.</summary>
public sealed record Assignment(string Target, Expression Value);
