using Convoke.Kernels.Types;

namespace Convoke.Kernels.Models;

/// <summary>Walks a model's shapes the way the user reads them and names what does not fit; the ids are explained in docs/diagnostics.</summary>
public static class ModelChecker
{
    /// <summary>Largest value or parameter, in elements: keeps every offset of a batch within what kernels address.</summary>
    public const int MaxElements = 1 << 26;

    /// <summary>All faults, in call order. A call whose input is faulty is not judged.</summary>
    public static EquatableArray<SpecProblem> Check(ModelSpec spec)
    {
        var problems = new List<SpecProblem>();
        var values = new CheckedValues(spec);
        if (values.InputElements > MaxElements)
            problems.Add(new("CVK0301", CallSpec.ModelInput, null, ["the input", CheckedValues.Elements(values.InputElements), CheckedValues.Elements(MaxElements)]));

        bool[] live = LiveCalls.Of(spec);
        var weighted = new HashSet<string>(StringComparer.Ordinal);
        for (int call = 0; call < spec.Calls.Count; call++)
        {
            LayerSpec layer = spec.Calls[call].Layer;
            if (!live[call]) problems.Add(new("CVK0012", call, null, [layer.Name]));
            bool again = layer is Conv2DSpec or DenseSpec or BatchNormSpec && live[call] && !weighted.Add(layer.Name);
            if (again || IsMisplacedSoftmax(spec, call))
            {
                // What is left out needs no kernels.
                string reason = again ? "a layer with weights that is called twice" : "a softmax anywhere but at the model's end";
                if (live[call]) problems.Add(new("CVK0201", call, again ? null : "Activation", [values.TitleOf(call), reason]));
                continue;
            }
            if (values.AreKnown(spec.Calls[call].Inputs)) new CallChecker(spec, call, values, problems).Check();
        }

        if (spec.Outputs.Count > 1) problems.Add(new("CVK0201", spec.Outputs[1].Call, null, [spec.Name, "a model with several outputs"]));
        else EndChecker.Check(spec, values, problems);
        return new([.. problems]);
    }

    private static bool IsMisplacedSoftmax(ModelSpec spec, int call) =>
        call != spec.OutputCall && EndChecker.ActivationOf(spec.Calls[call].Layer) is ActivationKind.Softmax or ActivationKind.LogSoftmax;
}
