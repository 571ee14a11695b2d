using Convoke.Kernels.Models;
using Convoke.Kernels.Types;
using Microsoft.CodeAnalysis;

namespace Convoke.Generator;

internal sealed partial class ModelReader
{
    private (EquatableArray<LossSpec> Losses, OptimizerSpec? Optimizer, bool Accuracy) ReadTraining(Preset preset, EquatableArray<OutputSpec>? known)
    {
        List<AttributeArguments> losses = ReadAll(static attribute => IsKind(attribute, Names.LossBase));
        AttributeArguments? optimizer = ReadOnlyOne(Names.OptimizerBase, "optimizers");
        AttributeArguments? accuracy = ReadAll(static attribute => attribute.AttributeClass is { Name: Names.Accuracy } c && InConvoke(c)).FirstOrDefault();

        if (losses.Count == 0 && optimizer is not null)
            Incomplete(optimizer, "an optimizer but no loss", "add one, such as [CategoricalCrossentropy], or leave the optimizer out");
        if (losses.Count > 0 && optimizer is null)
            Incomplete(losses[0], "a loss but no optimizer", "add one, such as [Adam], or leave the loss out");
        if (losses.Count == 0 && optimizer is null && accuracy is not null)
            Incomplete(accuracy, "[Accuracy] but neither loss nor optimizer", "add both, or leave [Accuracy] out");

        var specs = new List<LossSpec>();
        var taken = new Dictionary<int, AttributeArguments>();
        EquatableArray<OutputSpec> outputs = known ?? [];
        foreach (AttributeArguments loss in losses)
        {
            // Of a Forward that cannot be read it is not known which outputs there are.
            if (ReadLoss(loss, known) is not { } spec || known is null) continue;
            if (taken.TryGetValue(spec.Output, out AttributeArguments? other))
            {
                loss.Fault(DiagnosticCatalog.TwoLosses, loss.Location("Output"), other.Title, loss.Title, outputs.Count > 1 ? outputs[spec.Output].Name! : _type.Name);
                _failed = true;
                continue;
            }

            taken.Add(spec.Output, loss);
            specs.Add(spec);
            int call = outputs.Count > 0 ? outputs[spec.Output].Call : _calls.Count - 1;
            if (call >= 0) CheckHead(loss, spec.Kind, _calls[call].Layer, _calls.Site(call));
        }

        if (accuracy is not null && losses.Count > 0 && specs.Count == losses.Count && specs.TrueForAll(static loss => !loss.Kind.TellsClasses()))
            Fail(DiagnosticCatalog.NothingIsCounted, accuracy.Location(), _type.Name);
        return ([.. specs.OrderBy(static loss => loss.Output)], optimizer is null ? null : ReadOptimizer(optimizer, preset), accuracy is not null);
    }

    private void Incomplete(AttributeArguments at, string found, string remedy) =>
        Fail(DiagnosticCatalog.TrainingIncomplete, at.Location(), _type.Name, found, remedy);

    private LossSpec? ReadLoss(AttributeArguments loss, EquatableArray<OutputSpec>? outputs)
    {
        LossKind? kind = loss.Title switch
        {
            "CategoricalCrossentropy" => LossKind.CategoricalCrossentropy,
            "SparseCategoricalCrossentropy" => LossKind.SparseCategoricalCrossentropy,
            "CrossEntropy" => LossKind.CrossEntropy,
            "MeanSquaredError" => LossKind.MeanSquaredError,
            "SmoothL1" => LossKind.SmoothL1,
            _ => null,
        };
        if (kind is null)
            Fail(DiagnosticCatalog.NotSupportedYet, loss.Location(), "Loss " + loss.Title, "losses are CategoricalCrossentropy, SparseCategoricalCrossentropy, CrossEntropy, MeanSquaredError and SmoothL1");

        double weight = Positive(loss, "Weight", 1), beta = Positive(loss, "Beta", 1);
        int? output = outputs is { } known ? ReadOutput(loss, known) : 0;
        _failed |= loss.Failed;
        return kind is { } found && output is { } index ? new(found, index, weight, beta) : null;
    }

    /// <summary>The output that a loss is for; null where it says none that there is.</summary>
    private int? ReadOutput(AttributeArguments loss, EquatableArray<OutputSpec> outputs)
    {
        string? name = loss.Text("Output");
        string all = string.Join(" and ", outputs.Select(static output => output.Name));
        if (outputs.Count <= 1)
        {
            if (name is not null) loss.Fault(DiagnosticCatalog.UnknownOutput, loss.Location("Output"), _type.Name, name, "it has one output, which has no name: leave Output out");
            return name is null ? 0 : null;
        }

        if (name is null)
        {
            loss.Fault(DiagnosticCatalog.LossNeedsOutput, loss.Location(), loss.Title, _type.Name, outputs[0].Name!, all);
            return null;
        }

        for (int i = 0; i < outputs.Count; i++)
            if (outputs[i].Name == name) return i;
        loss.Fault(DiagnosticCatalog.UnknownOutput, loss.Location("Output"), _type.Name, name, "its outputs are " + all);
        return null;
    }

    private OptimizerSpec? ReadOptimizer(AttributeArguments optimizer, Preset preset)
    {
        OptimizerSpec? spec = null;
        switch (optimizer.Title)
        {
            case "Sgd":
                double momentum = Decay(optimizer, "Momentum", 0);
                bool nesterov = optimizer.Flag("Nesterov", false);
                if (nesterov && momentum == 0) optimizer.Refuse("Nesterov", "false unless Momentum is greater than 0", "true");
                spec = new SgdSpec(Positive(optimizer, "rate", 0.01), momentum, nesterov && momentum > 0);
                break;
            case "AdamW":
                spec = Adam(optimizer, preset) with
                {
                    WeightDecay = optimizer.Real("WeightDecay", preset == Preset.Keras ? 0.004 : 0.01, static value => value >= 0 && !double.IsInfinity(value), "a finite number of at least 0"),
                };
                break;
            case "Adam":
                spec = Adam(optimizer, preset);
                break;
            default:
                Fail(DiagnosticCatalog.NotSupportedYet, optimizer.Location(), "Optimizer " + optimizer.Title, "optimizers are Adam, AdamW and Sgd");
                break;
        }
        _failed |= optimizer.Failed;
        return spec;
    }

    private static AdamSpec Adam(AttributeArguments optimizer, Preset preset) => new(
        Positive(optimizer, "rate", 1e-3),
        Decay(optimizer, "Beta1", 0.9),
        Decay(optimizer, "Beta2", 0.999),
        Positive(optimizer, "Epsilon", preset == Preset.Keras ? 1e-7 : 1e-8),
        preset == Preset.Keras ? EpsilonForm.BeforeCorrection : EpsilonForm.AfterCorrection);

    private static double Positive(AttributeArguments optimizer, string name, double fallback) =>
        optimizer.Real(name, fallback, static value => value > 0 && !double.IsInfinity(value), "a finite number greater than 0");

    private static double Decay(AttributeArguments optimizer, string name, double fallback) =>
        optimizer.Real(name, fallback, static value => value is >= 0 and < 1, "at least 0 and less than 1");

    /// <summary>The last layer must yield what the loss takes.</summary>
    private void CheckHead(AttributeArguments lossAttribute, LossKind loss, LayerSpec head, CallSite site)
    {
        ActivationKind? activation = head switch
        {
            Conv2DSpec conv => conv.Activation,
            DenseSpec dense => dense.Activation,
            ReluSpec => ActivationKind.Relu,
            SoftmaxSpec => ActivationKind.Softmax,
            ActivationSpec a => a.Kind,
            _ => null,
        };

        if (!loss.TellsClasses()) return;

        // What is neither logits nor probabilities is refused before any loss; the compiler of models says so.
        if (activation is ActivationKind.LeakyRelu or ActivationKind.Gelu or ActivationKind.Silu or ActivationKind.Sigmoid or ActivationKind.Tanh) return;
        bool called = head is ReluSpec or SoftmaxSpec or ActivationSpec;
        if (loss == LossKind.CrossEntropy)
        {
            // Logarithms of probabilities are logits too, whose softmax they are already.
            if (activation is null or ActivationKind.None or ActivationKind.LogSoftmax) return;
            bool softmax = activation == ActivationKind.Softmax;
            Fail(DiagnosticCatalog.HeadDisagreesWithLoss, site.LocationOf(DiagnosticCatalog.HeadDisagreesWithLoss.Id, "Activation"), softmax ? lossAttribute.Location() : null,
                [lossAttribute.Title, "logits", head.Name, softmax ? "probabilities" : "their positive part",
                 (called ? "leave it out" : "leave its activation out") + (softmax ? ", or use [SparseCategoricalCrossentropy]" : "")]);
        }
        else if (activation != ActivationKind.Softmax)
        {
            string instead = loss == LossKind.SparseCategoricalCrossentropy ? ", or use [CrossEntropy]" : "";
            Fail(DiagnosticCatalog.HeadDisagreesWithLoss, lossAttribute.Location(), site.Layer is { Title: "Dense" or "Conv2D" } layer ? layer.Location() : null,
                [lossAttribute.Title, "probabilities", head.Name,
                 activation switch { ActivationKind.None => "logits", ActivationKind.LogSoftmax => "their logarithms", _ => "none" },
                 (activation is null || called ? "end in a layer with Activation.Softmax" : "give it Activation = Activation.Softmax") + instead]);
        }
    }

    private AttributeArguments? ReadOnlyOne(string baseName, string what)
    {
        List<AttributeArguments> all = ReadAll(attribute => IsKind(attribute, baseName));
        for (int i = 1; i < all.Count; i++) Incomplete(all[i], "two " + what, "keep one");
        return all.FirstOrDefault();
    }

    private List<AttributeArguments> ReadAll(Func<AttributeData, bool> wanted)
    {
        var all = new List<AttributeArguments>();
        IOrderedEnumerable<AttributeData> ordered = _type.GetAttributes().Where(wanted).Where(static a => a.ApplicationSyntaxReference is not null)
            .OrderBy(static a => a.ApplicationSyntaxReference!.SyntaxTree.FilePath, StringComparer.Ordinal)
            .ThenBy(static a => a.ApplicationSyntaxReference!.Span.Start);
        foreach (AttributeData attribute in ordered)
        {
            var arguments = new AttributeArguments(attribute, _report, _cancellation);
            _failed |= arguments.Failed;
            all.Add(arguments);
        }
        return all;
    }
}
