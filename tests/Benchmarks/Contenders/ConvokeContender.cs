using Convoke.Benchmarks.Programs;

namespace Convoke.Benchmarks.Contenders;

/// <summary>The annotated class, through the public API only.</summary>
internal sealed class ConvokeContender : Contender
{
    public const string Title = "Convoke";

    private readonly ProgramSpec _program;
    private readonly SampleData _data;
    private readonly Model _model;
    private readonly float[] _probabilities;

    public ConvokeContender(ProgramSpec program, SampleData data, int threads) : base(Title)
    {
        (_program, _data) = (program, data);
        _model = program.Create(Device.CpuThreads(threads));
        _probabilities = new float[program.Batch * program.Classes];
    }

    /// <summary>The weights, in the order of <see cref="ParameterValues"/>.</summary>
    public float[][] Weights() => ParameterValues.Weights(_program, _model);

    public override void Load(float[][] weights) => ParameterValues.Load(_program, _model, weights);

    public override void Train(int steps)
    {
        for (int i = 0; i < steps; i++)
        {
            int batch = i % _data.Images.Length;
            _model.TrainStep(_data.Images[batch], _data.OneHot[batch]);
        }
    }

    public override void Gradients(int steps)
    {
        for (int i = 0; i < steps; i++)
        {
            int batch = i % _data.Images.Length;
            _model.ComputeGradients(_data.Images[batch], _data.OneHot[batch]);
        }
    }

    public override void Predict(int steps)
    {
        for (int i = 0; i < steps; i++) _model.Predict(_data.Images[i % _data.Images.Length], _probabilities);
    }

    public override float[] Probabilities(int batch)
    {
        _model.Predict(_data.Images[batch], _probabilities);
        return [.. _probabilities];
    }

    public override (double Loss, float[][] Gradients) LossAndGradients(int batch)
    {
        StepResult result = _model.ComputeGradients(_data.Images[batch], _data.OneHot[batch]);
        return (result.Loss, ParameterValues.Gradients(_program, _model));
    }

    protected override void Dispose(bool disposing) => _model.Dispose();
}
