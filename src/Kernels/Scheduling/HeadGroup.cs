using Convoke.Kernels.Models;
using Convoke.Kernels.Types;

namespace Convoke.Kernels.Scheduling;

/// <summary>
/// The end of the network, of one output: what is yielded of each row (softmax), its loss, the gradient of that, and the count of right answers; whatever of them is
/// wanted. A map has a row per pixel; a sample's loss is then the mean over its pixels, and its count that of the pixels that are right.
/// </summary>
/// <param name="Name">For comments and kernels: "head", or where there are several outputs "head_boxes".</param>
/// <param name="Call">The layer call.</param>
/// <param name="Classes">Length of a row.</param>
/// <param name="Loss">Null where the output has none.</param>
/// <param name="Output">What is yielded of a row: itself, <see cref="ActivationKind.Softmax"/> or <see cref="ActivationKind.LogSoftmax"/> of it.</param>
/// <param name="Logits">The rows; of a loss by elements, what it is computed on.</param>
/// <param name="LogitsGrad">Their gradient, while training.</param>
/// <param name="Place">Where the head's part of a sample's outputs, losses and targets lies.</param>
public sealed record HeadGroup(string Name, int Call, int Classes, LossSpec? Loss, ActivationKind Output, int Logits, int? LogitsGrad, HeadPlace Place) : KernelGroup(Name, Call)
{
    /// <summary>Rows of a sample.</summary>
    public int Pixels { get; init; } = 1;

    /// <summary>Whether a map is yielded as the user's layout has it, [K,P,Q], rather than [P,Q,K].</summary>
    public bool ChannelsFirst { get; init; }

    /// <summary>Elements of a sample.</summary>
    public int Elements => Classes * Pixels;

    /// <summary>Whether the loss is one of elements, rather than of classes.</summary>
    public bool IsByElement => Loss is { } loss && !loss.Kind.TellsClasses();

    public override IEnumerable<int> Reads => [Logits];

    public override IEnumerable<int> Writes => LogitsGrad is { } grad ? [grad] : [];
}

/// <summary>
/// Where one output's part of a sample lies. What a sample has of all outputs stands together, in their order: its outputs, its losses, its class indices, its
/// target rows. So no place depends on how many samples there are.
/// </summary>
/// <param name="Output">First value among a sample's outputs.</param>
/// <param name="Outputs">Values of all of them.</param>
/// <param name="Loss">Index among a sample's losses.</param>
/// <param name="Losses">Losses of a sample.</param>
/// <param name="Label">First among a sample's class indices.</param>
/// <param name="Labels">Class indices of a sample.</param>
/// <param name="Target">First among a sample's target values.</param>
/// <param name="Targets">Target values of a sample.</param>
/// <param name="Counts">Whether right answers are counted here: of the first loss that tells classes.</param>
public sealed record HeadPlace(int Output, int Outputs, int Loss, int Losses, int Label, int Labels, int Target, int Targets, bool Counts)
{
    /// <summary>Whether it is the first loss, with which a step begins to count.</summary>
    public bool IsFirstLoss => Loss == 0;

    /// <summary>The places of all outputs.</summary>
    /// <param name="spec">The model.</param>
    /// <param name="shapes">Shapes of its outputs.</param>
    public static IReadOnlyList<HeadPlace> Of(ModelSpec spec, IReadOnlyList<Shape> shapes)
    {
        int[] elements = [.. shapes.Select(static s => s.Count)];
        int Before(int output, Func<LossSpec, int> length) => spec.Losses.Where(l => l.Output < output).Sum(length);
        int LabelsOf(LossSpec loss) => loss.Kind.TakesRows() ? 0 : elements[loss.Output] / shapes[loss.Output][shapes[loss.Output].Rank - 1];
        int TargetsOf(LossSpec loss) => loss.Kind.TakesRows() ? elements[loss.Output] : 0;
        return [.. Enumerable.Range(0, elements.Length).Select(o => new HeadPlace(
            elements.Take(o).Sum(), elements.Sum(), Before(o, static _ => 1), spec.Losses.Count,
            Before(o, LabelsOf), Before(elements.Length, LabelsOf), Before(o, TargetsOf), Before(elements.Length, TargetsOf), spec.CountedOutput == o))];
    }
}
