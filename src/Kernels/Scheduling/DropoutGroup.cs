namespace Convoke.Kernels.Scheduling;

/// <summary>y = x / (1 - rate) where the element is kept, else 0; the gradient is the same with the same mask, so that no mask is stored.</summary>
/// <remarks>
/// Element e of sample n of the batch (e counts stored elements: live rows, columns, padded channels) is kept where word e % 4 of Philox4x32-10 with counter
/// (e / 4, n, site, draw + 2^31) and the model's seed as key is at least <see cref="Threshold"/>; words of other streams have less in the last place. Draws
/// count the training passes of a model, the first is 0.
/// </remarks>
/// <param name="Name">The layer's name.</param>
/// <param name="Call">The layer call.</param>
/// <param name="Extent">Form of both maps.</param>
/// <param name="Site">Number of the dropout call among the model's.</param>
/// <param name="Rate">Probability with which an element is dropped.</param>
/// <param name="Backward">Whether it works on gradients.</param>
/// <param name="X">The map.</param>
/// <param name="Y">The result.</param>
public sealed record DropoutGroup(string Name, int Call, ValueStorage Extent, int Site, double Rate, bool Backward, int X, int Y) : KernelGroup(Name, Call)
{
    public override bool PerImage => true;

    public override IEnumerable<int> Reads => [X];

    public override IEnumerable<int> Writes => [Y];

    /// <summary>Words below it drop their element.</summary>
    public uint Threshold => (uint)Math.Min(uint.MaxValue, Math.Round(Rate * 4294967296.0));

    /// <summary>Factor of what is kept, in f32.</summary>
    public double Scale => 1 / (1 - Rate);
}
