using Convoke.Kernels.Emission;
using Convoke.Kernels.Models;

namespace Convoke.Generator;

/// <summary>A method that declares a layer, as its body is written: text only, since it is part of a pipeline value.</summary>
/// <param name="Signature">Modifiers, type, name and parameters, with names that are valid anywhere.</param>
/// <param name="Layer">Name of the layer, or what stands before the index in the names of its layers; null where the method has a fault.</param>
/// <param name="Value">Name of the parameter that is the layer's input.</param>
/// <param name="Index">Name of the parameter that tells layers of this method apart, or null.</param>
/// <param name="Activation">The call behind the layer's own that its activation is, or null.</param>
internal sealed record LayerMethod(string Signature, string? Layer, string Value, string? Index, LayerSpec? Activation)
{
    /// <summary>Writes the method. It is never called by the model itself: running Forward on tracing values records its calls.</summary>
    public void Write(CodeWriter code)
    {
        string record = Layer is null ? "" : $"global::Convoke.Compiled.LayerCall.Record({Literals.Of(Layer)}, {(Index is null ? "" : Index + ", ")}{Value})";
        if (Activation is not null) record = Operations.Write(Activation, record);
        code.Line(Layer is null
            ? $"{Signature} =>\n    throw new global::System.InvalidOperationException(\"This layer has errors; build messages that begin with CVK name them.\");"
            : $"{Signature} => {record};");
    }
}
