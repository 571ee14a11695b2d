using Convoke.Kernels.Types;

namespace Convoke.Kernels.Models;

/// <summary>Which calls the model's outputs depend on.</summary>
public static class LiveCalls
{
    /// <summary>For each call, whether an output depends on it.</summary>
    public static bool[] Of(ModelSpec spec)
    {
        var live = new bool[spec.Calls.Count];
        if (spec.Outputs.Count == 0 && live.Length > 0) live[live.Length - 1] = true;
        foreach (OutputSpec output in spec.Outputs)
            if (!CallSpec.IsInput(output.Call)) live[output.Call] = true;
        for (int call = live.Length - 1; call >= 0; call--)
        {
            if (!live[call]) continue;
            foreach (int input in spec.Calls[call].Inputs)
                if (!CallSpec.IsInput(input)) live[input] = true;
        }
        return live;
    }

    /// <summary>
    /// The model without the calls that no output depends on. Calls stand in topological order, so where there is one output it is the last call of the rest.
    /// <code>
    /// conv(input), pool(%0), relu(%0), flatten(%2); output %3      becomes      conv(input), relu(%0), flatten(%1)
    /// </code>
    /// </summary>
    public static ModelSpec Only(ModelSpec spec)
    {
        bool[] live = Of(spec);
        var place = new int[live.Length];
        var calls = new List<CallSpec>();
        for (int call = 0; call < live.Length; call++)
        {
            if (!live[call]) continue;
            place[call] = calls.Count;
            calls.Add(spec.Calls[call] with { Inputs = [.. spec.Calls[call].Inputs.Select(input => CallSpec.IsInput(input) ? input : place[input])] });
        }
        EquatableArray<OutputSpec> outputs = spec.Outputs.Count > 1 ? [.. spec.Outputs.Select(output => output with { Call = place[output.Call] })] : [];
        return spec with { Calls = [.. calls], Outputs = outputs };
    }
}
