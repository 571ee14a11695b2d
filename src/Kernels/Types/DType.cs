namespace Convoke.Kernels.Types;

/// <summary>Element type of a value. Reductions accumulate in the type itself; the interpreter computes everything in double.</summary>
public enum DType
{
    F32,
    I32,
    U8,
}
