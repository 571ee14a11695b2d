namespace Convoke;

/// <summary>How far windows reach beyond the image.</summary>
public enum Padding
{
    /// <summary>Not at all: ⌊(H - R) / stride⌋ + 1 windows of R rows down an image of H.</summary>
    Valid,

    /// <summary>
    /// As far as yields ⌈H / stride⌉ windows, which for stride 1 is as many as the image has rows. Of the rows that this needs, the half that is rounded down lies above
    /// the image; columns likewise. It is the rule of Keras and TensorFlow, and of PyTorch's <c>padding="same"</c>.
    /// </summary>
    Same,
}
