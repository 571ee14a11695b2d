using System.ComponentModel;

namespace Convoke.Compiled;

/// <summary>What every generated model class offers without an instance.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public interface ICompiledModel
{
    /// <summary>The model's CUDA kernels; null where the build left implementation source out.</summary>
    static abstract CudaProgram? CudaProgram { get; }
}
