using System.Text;
using Convoke.Cuda.Tests.Kernels;
using Convoke.Kernels;
using Convoke.Kernels.Models;
using Compiler = Convoke.Kernels.Compiler;
using SpecPrecision = Convoke.Kernels.Models.Precision;

namespace Convoke.Benchmarks.Prediction;

/// <summary>A training step for one batch size, predicted.</summary>
/// <param name="Batch">Samples of the step.</param>
/// <param name="Emulated">Samples of the batches whose step was run on the emulator: this one, or two from which it is carried on.</param>
/// <param name="Launches">In order.</param>
internal sealed record PredictedStep(int Batch, IReadOnlyList<int> Emulated, IReadOnlyList<(LaunchWork Work, KernelFigures Figures, LaunchTime Time)> Launches)
{
    /// <summary>Dense kernels take 32 samples a block, so that figures lie on a line for multiples of that only.</summary>
    private const int Multiple = 32;

    /// <summary>Batches from which a greater one is carried on lie so far apart.</summary>
    private const int Distance = 4 * Multiple;

    public double Seconds => Launches.Sum(static launch => launch.Time.Total);

    /// <summary>Steps for all batch sizes; NVRTC compiles the text once for what the emulator reads and once for the device.</summary>
    public static IEnumerable<PredictedStep> Of(ModelSpec spec, SpecPrecision precision, IReadOnlyList<int> batches)
    {
        CompiledModel model = Compiler.Compile(spec with { Precision = precision });
        // Halves have another text on older devices than the predicted one.
        string ptx = EmulatedProgram.Compile(model, capability: model.Cuda.Capability > 0 ? 80 : null);
        Dictionary<string, KernelFigures> figures = KernelCompiler.Default.Compile(Encoding.UTF8.GetBytes(model.Cuda.Text), model.Cuda.FileName, DeviceFigures.Architecture).Kernels.ToDictionary(static k => k.Name);

        // Past the greatest limit of a grid, every block takes one sample more in turn, and all figures grow in a line.
        int limit = model.Cuda.Train.Select(static l => l.Grid).Where(static g => g.PerUnit > 0 && g.MaxUnits < int.MaxValue).Select(static g => g.Samples * g.MaxUnits).DefaultIfEmpty(0).Max();
        int less = (limit / Multiple * Multiple) + Multiple, more = less + Distance;
        foreach (int batch in batches)
        {
            IReadOnlyList<LaunchWork> works = batch <= more ? Emulate(batch) : [.. Emulate(less).Zip(Emulate(more), (a, b) => LaunchWork.At(batch, a, b))];
            long maps = (long)model.Cuda.Memory.TrainSampleFloats * sizeof(float) * batch;
            yield return new(batch, batch <= more ? [batch] : [less, more], [.. works.Select(work =>
            {
                KernelFigures f = figures[work.Kernel.Name];
                long bytes = maps <= DeviceFigures.CacheCapacity ? 0 : work.Launch.Arguments.Sum(a => (long)a.SampleFloats * sizeof(float) * batch);
                return (work, f, LaunchTime.Of(work, f.Registers, f.StaticSharedBytes + work.Kernel.DynamicBytes, bytes));
            })]);
        }

        IReadOnlyList<LaunchWork> Emulate(int n) => [.. EmulatedStep.Run(model, ptx, n).Select(launch => LaunchWork.Of(launch, n))];
    }
}
