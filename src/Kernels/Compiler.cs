using Convoke.Kernels.Models;
using Convoke.Kernels.Types;

namespace Convoke.Kernels;

/// <summary>The contents page: every pass from what the user said to the text of the kernels, in order.</summary>
public static class Compiler
{
    /// <summary>The faults of a model that only its shapes show; empty when it can be compiled.</summary>
    public static EquatableArray<SpecProblem> Check(ModelSpec spec) => [];

    /// <summary>Compiles a model without faults.</summary>
    /// <exception cref="ArgumentException"><see cref="Check"/> finds a fault.</exception>
    public static CompiledModel Compile(ModelSpec spec) => new(spec, "", [], [], new(0, 0, 0, 0, 0, 0, 0), 0, []);
}
