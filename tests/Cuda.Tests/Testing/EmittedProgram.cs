using System.Text;
using Convoke.Compiled;
using Convoke.Kernels;

namespace Convoke.Cuda.Tests.Testing;

/// <summary>Kernels that the compiler emits here, for reports: a class of its own for each model would cost the build more.</summary>
/// <param name="text">The text.</param>
/// <param name="name">Its name.</param>
/// <param name="kernels">Its kernels.</param>
internal sealed class EmittedProgram(string text, string name, IEnumerable<CudaKernel> kernels) : CudaProgram
{
    private readonly byte[] _source = Encoding.UTF8.GetBytes(text);

    public EmittedProgram(CudaSource source) : this(source.Text, source.FileName, source.Kernels)
    {
    }

    public override ReadOnlySpan<byte> Source => _source;

    public override CudaPlan Plan { get; } = new()
    {
        FileName = name,
        Kernels = [.. kernels.Select(static k => new CudaKernelPlan(k.Name, k.Threads, k.RegisterBudget, k.SharedBytes, k.DynamicBytes))],
        Train = [],
        Predict = [],
        Measure = [],
        Derive = [],
        TrainSampleFloats = 0,
        PredictSampleFloats = 0,
        DerivedFloats = 0,
        PartialFloats = 0,
    };
}
