using Convoke.Benchmarks.Programs;
using Microsoft.ML.OnnxRuntime;

namespace Convoke.Benchmarks.Contenders;

/// <summary>ONNX Runtime's CPU provider: prediction, into a buffer that is made once, as its fastest API allows.</summary>
internal sealed class OnnxContender : Contender
{
    public const string Title = "ONNX Runtime";

    private readonly ProgramSpec _program;
    private readonly SessionOptions _options;
    private readonly RunOptions _run = new();
    private readonly OrtValue[][] _inputs;
    private readonly OrtValue[] _outputs;
    private readonly float[] _values;
    private InferenceSession? _session;

    public OnnxContender(ProgramSpec program, SampleData data, int threads) : base(Title)
    {
        _program = program;
        _options = new SessionOptions { IntraOpNumThreads = threads, InterOpNumThreads = 1, GraphOptimizationLevel = GraphOptimizationLevel.ORT_ENABLE_ALL };
        // Its spinning threads would take the processor from whoever is timed next.
        _options.AddSessionConfigEntry("session.intra_op.allow_spinning", "0");
        _inputs = [.. Enumerable.Range(0, data.Images.Length).Select(batch => new[] { OrtValue.CreateTensorValueFromMemory(data.ChannelsFirst(batch), [program.Batch, program.Channels, program.Height, program.Width]) })];
        _values = new float[program.Batch * program.OutputLength];
        _outputs = [OrtValue.CreateTensorValueFromMemory(_values, program.Pixels == 1 ? [program.Batch, program.Classes] : [program.Batch, program.Classes, program.Height, program.Width])];
    }

    public override bool Trains => false;

    public override void Load(float[][] weights)
    {
        _session?.Dispose();
        _session = new InferenceSession(OnnxWriter.Write(_program, weights), _options);
    }

    public override void Predict(int steps)
    {
        InferenceSession session = _session ?? throw new InvalidOperationException("Load weights first.");
        for (int i = 0; i < steps; i++) session.Run(_run, [OnnxWriter.Input], _inputs[i % _inputs.Length], [OnnxWriter.Output], _outputs);
    }

    public override float[] Outputs(int batch)
    {
        InferenceSession session = _session ?? throw new InvalidOperationException("Load weights first.");
        session.Run(_run, [OnnxWriter.Input], _inputs[batch], [OnnxWriter.Output], _outputs);
        return SampleData.Turn(_values, _program.Classes, _program.Pixels);
    }

    protected override void Dispose(bool disposing)
    {
        _session?.Dispose();
        foreach (OrtValue value in _inputs.SelectMany(static values => values).Concat(_outputs)) value.Dispose();
        _run.Dispose();
        _options.Dispose();
    }
}
