using Microsoft.CodeAnalysis;

namespace Convoke.Generator;

/// <summary>Every diagnostic. 00xx: usage; 01xx: shapes; 02xx: unsupported; 03xx: memory. Each has a page in docs/diagnostics.</summary>
internal static class DiagnosticCatalog
{
    /// <summary>Where the pages are read; an id and ".md" follow.</summary>
    public const string HelpLinkBase = "https://github.com/convoke/convoke/blob/main/docs/diagnostics/";

    public static readonly DiagnosticDescriptor NotPartial = Error("CVK0001", "Model is not partial",
        "{0} must be declared partial, so that its generated half can be added");

    public static readonly DiagnosticDescriptor SplitLayers = Error("CVK0002", "Layers on two declarations",
        "The layers of {0} must all stand on one declaration: C# leaves the order across partial declarations open");

    public static readonly DiagnosticDescriptor OutOfRange = Error("CVK0003", "Argument out of range",
        "{0} of {1} must be {2} but is {3}");

    public static readonly DiagnosticDescriptor NoInputShape = Error("CVK0004", "Input shape is not three numbers",
        "{0} needs an input shape of three numbers, {1}, but has {2}");

    public static readonly DiagnosticDescriptor TrainingIncomplete = Error("CVK0005", "Loss and optimizer do not fit together",
        "{0} has {1}; {2}");

    public static readonly DiagnosticDescriptor BadLayerName = Error("CVK0006", "Bad layer name",
        "Layer name '{0}' {1}");

    public static readonly DiagnosticDescriptor UnsafeNotAllowed = Error("CVK0007", "Unsafe blocks are not allowed",
        "The kernels of {0} address memory through pointers; set <AllowUnsafeBlocks>true</AllowUnsafeBlocks> in the project");

    public static readonly DiagnosticDescriptor UnsupportedClass = Error("CVK0008", "Class cannot be a model",
        "{0} cannot be a model because it {1}; a model is a top-level class of its own");

    public static readonly DiagnosticDescriptor NoLayers = Error("CVK0009", "Model has no layers",
        "{0} has no layers; put them below [Model], such as [Flatten] and [Dense(10)]");

    public static readonly DiagnosticDescriptor HeadDisagreesWithLoss = Error("CVK0010", "Last layer and loss disagree",
        "{0} takes {1} but {2} yields {3}; {4}");

    public static readonly DiagnosticDescriptor LayerNeverCalled = Warning("CVK0011", "Layer is never called",
        "{0} is a layer of {1} that Forward never calls; call it or remove it");

    public static readonly DiagnosticDescriptor ResultNeverUsed = Warning("CVK0012", "Result is never used",
        "Nothing that the model returns depends on this call of {0}, so it is left out");

    public static readonly DiagnosticDescriptor TwoForms = Error("CVK0013", "Layers on the class and as methods",
        "{0} has layers both on the class and {1}; keep one of the two forms");

    public static readonly DiagnosticDescriptor BadForward = Error("CVK0014", "Forward has the wrong form",
        "{0} {1}; write one private static Sym Forward(Sym x)");

    public static readonly DiagnosticDescriptor BadLayerMethod = Error("CVK0015", "Layer method has the wrong form",
        "{0} cannot be a layer because it {1}; write private static partial Sym {0}(Sym x)");

    public static readonly DiagnosticDescriptor UnknownOutput = Error("CVK0016", "Loss of an unknown output",
        "{0} has no output '{1}'; {2}");

    public static readonly DiagnosticDescriptor TwoLosses = Error("CVK0017", "Two losses for one output",
        "{0} and {1} are both losses of {2}; an output has at most one");

    public static readonly DiagnosticDescriptor LossNeedsOutput = Error("CVK0018", "Loss does not say of which output",
        "{0} does not say which output of {1} it is for; write Output = \"{2}\", or another of its outputs {3}");

    public static readonly DiagnosticDescriptor NothingIsCounted = Error("CVK0019", "Accuracy of no classes",
        "Accuracy counts right classes, but no output of {0} has a cross-entropy; give one a cross-entropy, or leave [Accuracy] out");

    public static readonly DiagnosticDescriptor BadOutputName = Error("CVK0020", "Bad output name",
        "{0} of {1} {2}; name outputs in the tuple that Forward returns, such as (Sym Classes, Sym Boxes)");

    public static readonly DiagnosticDescriptor InputWithoutShape = Error("CVK0021", "Input has no shape",
        "Input {0} of {1} has no shape: where a model has several inputs, each has its own; write [Shape({2})] Sym {0}, or [Shape(length)] for a row of values");

    public static readonly DiagnosticDescriptor TwoShapes = Error("CVK0022", "Two shapes for one input",
        "{0} has its input's shape both on [Model] and on {1} of Forward; keep the one on {1}: write [Model] without numbers");

    public static readonly DiagnosticDescriptor BadInputName = Error("CVK0023", "Bad input name",
        "Input {0} of {1} {2}; rename the parameter of Forward");

    public static readonly DiagnosticDescriptor BadVectors = Error("CVK0024", "ConvokeVectors cannot be read",
        "The build property ConvokeVectors is '{0}', but lists the widths that kernels are written for: 128, 256 and 512, with commas between them");

    public static readonly DiagnosticDescriptor SizeReachesZero = Error("CVK0101", "Spatial size reaches zero",
        "{0} needs an image of at least {1} but receives {2} (after {3})");

    public static readonly DiagnosticDescriptor InDisagrees = Error("CVK0102", "In disagrees with what comes in",
        "{0} takes {1} features but receives {2} = {3} (after {4}); write In = {3} or leave it out");

    public static readonly DiagnosticDescriptor NeedsFlatInput = Error("CVK0103", "Layer needs a flat input",
        "{0} needs a flat input but receives {1} (after {2}); put [Flatten] before it");

    public static readonly DiagnosticDescriptor NeedsImage = Error("CVK0104", "Layer needs an image",
        "{0} needs an image of height, width, channels but receives {1} features (after {2})");

    public static readonly DiagnosticDescriptor PoolingDrops = new("CVK0105", "Pooling drops rows or columns",
        "{0} drops {1} of its {2} input (after {3})", "Convoke", DiagnosticSeverity.Info, isEnabledByDefault: true, helpLinkUri: HelpLinkBase + "CVK0105.md");

    public static readonly DiagnosticDescriptor ClassCount = Error("CVK0106", "Class count does not fit the loss",
        "{0}");

    public static readonly DiagnosticDescriptor ShapesDisagree = Error("CVK0107", "Shapes do not agree",
        "{0}; {1}");

    public static readonly DiagnosticDescriptor CallsDisagree = Error("CVK0108", "Calls of a layer do not agree",
        "{0} receives {1}, but its weights take {2}: its first call gave it {3}");

    public static readonly DiagnosticDescriptor NotSupportedYet = Error("CVK0201", "Combination is not supported yet",
        "{0} is not supported yet: {1}");

    public static readonly DiagnosticDescriptor ForwardUnreadable = Error("CVK0202", "Forward uses what cannot be read",
        "Forward is read while the program compiles, and {0} cannot be read then; constants, local variables, static methods of this project and calls of layers can");

    public static readonly DiagnosticDescriptor ForwardTooLong = Error("CVK0203", "Forward takes too long to read",
        "Forward is read while the program compiles, but {0}");

    public static readonly DiagnosticDescriptor OverBudget = Error("CVK0301", "Model is too large",
        "{0} needs {1}, more than the {2} that a model may use");

    public static readonly DiagnosticDescriptor CompilerFault = Error("CVK0302", "The compiler of networks failed",
        "{0} cannot be compiled, though nothing is known to be wrong with it: {1}; please report the class and this message");

    /// <summary>All of them, in the order of their ids.</summary>
    public static readonly DiagnosticDescriptor[] All =
    [
        NotPartial, SplitLayers, OutOfRange, NoInputShape, TrainingIncomplete, BadLayerName, UnsafeNotAllowed, UnsupportedClass, NoLayers,
        HeadDisagreesWithLoss, LayerNeverCalled, ResultNeverUsed, TwoForms, BadForward, BadLayerMethod, UnknownOutput, TwoLosses, LossNeedsOutput, NothingIsCounted, BadOutputName, InputWithoutShape, TwoShapes, BadInputName, BadVectors,
        SizeReachesZero, InDisagrees, NeedsFlatInput, NeedsImage, PoolingDrops, ClassCount, ShapesDisagree, CallsDisagree, NotSupportedYet, ForwardUnreadable, ForwardTooLong, OverBudget, CompilerFault,
    ];

    /// <summary>The descriptor of an id that the compiler reports.</summary>
    /// <exception cref="ArgumentException">The catalog lacks the id.</exception>
    public static DiagnosticDescriptor Find(string id)
    {
        foreach (DiagnosticDescriptor descriptor in All)
            if (descriptor.Id == id) return descriptor;
        throw new ArgumentException("No diagnostic has the id " + id + ".", nameof(id));
    }

    /// <summary>Whether a model that has it cannot be compiled.</summary>
    public static bool IsFault(string id) => Find(id).DefaultSeverity == DiagnosticSeverity.Error;

    private static DiagnosticDescriptor Warning(string id, string title, string message) =>
        new(id, title, message, "Convoke", DiagnosticSeverity.Warning, isEnabledByDefault: true, helpLinkUri: HelpLinkBase + id + ".md");

    private static DiagnosticDescriptor Error(string id, string title, string message) =>
        new(id, title, message, "Convoke", DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: HelpLinkBase + id + ".md");
}
