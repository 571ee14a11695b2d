using Convoke.Compiled;

namespace Convoke;

/// <summary>Where a step's samples come from; the workers pull them, each for its own tasks, just before they are used.</summary>
internal abstract class SampleSource
{
    /// <summary>Writes samples [first, first + count) of the batch: images as NHWC rows, and labels or target rows where the step has them.</summary>
    public abstract unsafe void Fill(StepContext step, int first, int count);
}
