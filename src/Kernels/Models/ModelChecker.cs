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
        long sample = 0;
        for (int i = 0; i < spec.Inputs.Count; i++)
        {
            // A sample has all of them one behind the other.
            sample += values.InputElements(i);
            if (sample <= MaxElements) continue;
            problems.Add(new("CVK0301", CallSpec.InputAt(i), null, [values.NameOfInput(i) + (sample > values.InputElements(i) ? " with those before it" : ""), CheckedValues.Elements(sample), CheckedValues.Elements(MaxElements)]));
            break;
        }

        bool[] live = LiveCalls.Of(spec);
        var sharing = new SharingChecker(spec, values, problems);
        for (int call = 0; call < spec.Calls.Count; call++)
        {
            LayerSpec layer = spec.Calls[call].Layer;
            if (!live[call]) problems.Add(new("CVK0012", call, null, [layer.Name]));
            if (IsMisplacedSoftmax(spec, call, live))
            {
                // What is left out needs no kernels.
                if (live[call]) problems.Add(new("CVK0201", call, "Activation", [values.TitleOf(call), "a softmax anywhere but at the model's end"]));
                continue;
            }
            if (!values.AreKnown(spec.Calls[call].Inputs)) continue;
            new CallChecker(spec, call, values, problems).Check();
            if (live[call] && values.AreKnown([call])) sharing.Check(call);
        }

        foreach (LossSpec loss in spec.Losses) EndChecker.Check(spec, loss, values, problems);
        return new([.. problems]);
    }

    private static bool IsMisplacedSoftmax(ModelSpec spec, int call, bool[] live)
    {
        if (EndChecker.ActivationOf(spec.Calls[call].Layer) is not (ActivationKind.Softmax or ActivationKind.LogSoftmax)) return false;
        bool isEnd = spec.Results.Any(output => output.Call == call), isRead = spec.Calls.Where((_, reader) => live[reader]).Any(reader => reader.Inputs.Contains(call));
        return !isEnd || isRead;
    }
}
