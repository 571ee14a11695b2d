using Convoke;

namespace Cifar10Sample;

/// <summary>What a run measured: every training step, and the test set before the first epoch and after each.</summary>
internal sealed class Curves(int stepsPerEpoch)
{
    private readonly List<StepResult> _steps = [];
    private readonly List<Evaluation> _tests = [];

    /// <summary>Each step's loss and accuracy on its batch, measured before its update.</summary>
    public IReadOnlyList<StepResult> Steps => _steps;

    /// <summary>Entry e is the test after e epochs.</summary>
    public IReadOnlyList<Evaluation> Tests => _tests;

    /// <summary>Place of step <paramref name="index"/> on an axis of epochs.</summary>
    public double EpochOf(int index) => (double)(index + 1) / stepsPerEpoch;

    public void AddStep(StepResult step) => _steps.Add(step);

    public void AddTest(Evaluation test) => _tests.Add(test);

    /// <summary>Means of loss and accuracy over the samples of the last <paramref name="count"/> steps that end with step <paramref name="end"/>, fewer at the beginning.</summary>
    public (double Loss, double Accuracy) Mean(int end, int count)
    {
        double loss = 0, right = 0;
        int samples = 0;
        for (int i = Math.Max(0, end - count + 1); i <= end; i++)
        {
            loss += _steps[i].Loss * _steps[i].Count;
            right += _steps[i].Accuracy!.Value * _steps[i].Count;
            samples += _steps[i].Count;
        }

        return (loss / samples, right / samples);
    }

    /// <summary>Means over the steps of the last epoch.</summary>
    public (double Loss, double Accuracy) LastEpoch() => Mean(_steps.Count - 1, stepsPerEpoch);
}
