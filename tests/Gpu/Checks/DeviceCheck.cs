namespace Convoke.Gpu.Checks;

/// <summary>Something that must hold on a device.</summary>
/// <param name="Name">Unique; words joined by dashes, so that a pattern such as "train" picks a group.</param>
/// <param name="Promise">What holds, in a line.</param>
/// <param name="IsQuick">Fit for a sanitizer, which slows a check down a hundredfold, needs device memory of its own and takes every failing call for an error.</param>
/// <param name="Run">Throws <see cref="CheckFailedException"/>, or anything else, where it does not hold; returns what was measured on the way.</param>
internal sealed record DeviceCheck(string Name, string Promise, bool IsQuick, Func<Device, string> Run)
{
    /// <summary>All checks, in the order in which they should be read.</summary>
    public static IReadOnlyList<DeviceCheck> All { get; } = [.. TrainingChecks.All, .. PrecisionChecks.All, .. PredictionChecks.All, .. FitChecks.All, .. DeterminismChecks.All, .. FailureChecks.All];
}

/// <summary>What was found is not what was promised.</summary>
internal sealed class CheckFailedException(string message) : Exception(message);
