using Convoke.Benchmarks.Programs;

namespace Convoke.Benchmarks.Contenders;

/// <summary>The annotated class, through the public API only.</summary>
internal sealed class ConvokeContender : Contender
{
    public const string Title = "Convoke";

    private readonly ProgramSpec _program;
    private readonly SampleData _data;
    private readonly Model _model;
    private readonly float[] _outputs;

    public ConvokeContender(ProgramSpec program, SampleData data, int threads) : base(Title)
    {
        (_program, _data) = (program, data);
        _model = program.Create(Device.CpuThreads(threads));
        _outputs = new float[program.Batch * program.OutputLength];
    }

    /// <summary>Weights to start a comparison from.</summary>
    public float[][] Start() => ParameterValues.Start(_program, _model);

    public override float[][] Weights() => ParameterValues.Weights(_program, _model);

    public override void Load(float[][] weights) => ParameterValues.Load(_program, _model, weights);

    public override void Train(int steps)
    {
        for (int i = 0; i < steps; i++)
        {
            int batch = i % _data.Images.Length;
            if (_program.EndsInLogits) _model.TrainStep(_data.Images[batch], _data.Labels[batch]);
            else _model.TrainStep(_data.Images[batch], _data.OneHot[batch]);
        }
    }

    public override void Gradients(int steps)
    {
        for (int i = 0; i < steps; i++) Backward(i % _data.Images.Length);
    }

    public override void Predict(int steps)
    {
        for (int i = 0; i < steps; i++) _model.Predict(_data.Images[i % _data.Images.Length], _outputs);
    }

    public override float[] Outputs(int batch)
    {
        _model.Predict(_data.Images[batch], _outputs);
        return [.. _outputs];
    }

    public override (double Loss, float[][] Gradients) LossAndGradients(int batch)
    {
        StepResult result = Backward(batch);
        return (result.Loss, ParameterValues.Gradients(_program, _model));
    }

    protected override void Dispose(bool disposing) => _model.Dispose();

    private StepResult Backward(int batch) => _program.EndsInLogits
        ? _model.ComputeGradients(_data.Images[batch], _data.Labels[batch])
        : _model.ComputeGradients(_data.Images[batch], _data.OneHot[batch]);
}
