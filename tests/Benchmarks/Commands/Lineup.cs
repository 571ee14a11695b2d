using Convoke.Benchmarks.Contenders;
using Convoke.Benchmarks.Programs;
using Convoke.Benchmarks.Timing;

namespace Convoke.Benchmarks.Commands;

/// <summary>All contenders of one program on one number of threads, checked to compute one function, and their lanes.</summary>
internal sealed class Lineup : IDisposable
{
    private const int Batches = 4;

    private readonly ProgramSpec _program;
    private readonly float[][] _weights;
    private readonly List<Contender> _contenders = [];

    /// <summary>Makes and checks the contenders.</summary>
    /// <param name="program">What they compute.</param>
    /// <param name="threads">Threads of each.</param>
    /// <param name="onnx">Whether ONNX Runtime takes part.</param>
    /// <param name="gradients">Whether gradients are compared as well; not for programs that are only timed predicting.</param>
    /// <param name="steps">Whether the losses of Adam steps are compared as well.</param>
    /// <exception cref="DifferentFunctionException">They disagree.</exception>
    public Lineup(ProgramSpec program, int threads, bool onnx, bool gradients, bool steps)
    {
        _program = program;
        var data = new SampleData(program, Batches);
        var ours = new ConvokeContender(program, data, threads);
        _contenders.Add(ours);
        _weights = ours.Start();
        _contenders.Add(new TorchContender(program, data, threads, tuned: false));
        _contenders.Add(new TorchContender(program, data, threads, tuned: true));
        if (onnx) _contenders.Add(new OnnxContender(program, data, threads));
        string twin = "";
        if (gradients && program.WithoutDropout is { } without)
        {
            using var plain = new Lineup(without, threads, onnx: false, gradients, steps);
            twin = plain.Agreement + "; ";
        }
        Agreement = $"{twin}{SameFunction.Check(program, _contenders, _weights, gradients, steps)}, batch {program.Batch} ({(threads == 1 ? "1 thread" : $"{threads} threads")})";
    }

    /// <summary>What was compared, one line.</summary>
    public string Agreement { get; }

    /// <summary>Whole training steps of those that train.</summary>
    public IEnumerable<Lane> Train(string row) => Lanes(row, static contender => contender.Train, trainersOnly: true);

    /// <summary>Forward and backward without the update, of those that train.</summary>
    public IEnumerable<Lane> Gradients(string row) => Lanes(row, static contender => contender.Gradients, trainersOnly: true);

    /// <summary>Predictions of all.</summary>
    public IEnumerable<Lane> Predict(string row) => Lanes(row, static contender => contender.Predict, trainersOnly: false);

    public void Dispose()
    {
        foreach (Contender contender in _contenders) contender.Dispose();
    }

    private IEnumerable<Lane> Lanes(string row, Func<Contender, Action<int>> run, bool trainersOnly) => _contenders
        .Where(contender => contender.Trains || !trainersOnly)
        .Select(contender => new Lane(row, contender.Name, () => Prepare(contender), run(contender)));

    /// <summary>Start weights before every block: else some hundred steps on four batches end in gradients near zero, whose denormals are no fair work.</summary>
    private void Prepare(Contender contender)
    {
        contender.Select();
        if (contender.Trains) contender.Load(_weights);
    }
}
