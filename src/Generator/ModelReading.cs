using Convoke.Kernels;
using Convoke.Kernels.Models;
using Convoke.Kernels.Types;

namespace Convoke.Generator;

/// <summary>What was read of a model class: the value that the pipeline compares after each edit, hence text and numbers only.</summary>
/// <param name="Namespace">Namespace of the class, null for the global one.</param>
/// <param name="Name">Name of the class, escaped where it is a keyword.</param>
/// <param name="Spec">The model; null where it has a fault, and only its skeleton can be written.</param>
/// <param name="Methods">Methods that declare layers: the class does not compile without their bodies.</param>
internal sealed record ModelReading(string? Namespace, string Name, ModelSpec? Spec, EquatableArray<LayerMethod> Methods)
{
    /// <summary>Stem of generated files' names; an '@' of an escaped keyword is no letter that such names may have.</summary>
    public string HintStem => HintStemOf(Namespace, Name);

    public static string HintStemOf(string? ns, string name) => (ns is null ? name : ns + "." + name).Replace("@", "");
}

/// <summary>A model class with what the compiler made of it.</summary>
/// <param name="Reading">The class.</param>
/// <param name="Network">The compiled model; null where only the skeleton can be written.</param>
/// <param name="Fault">What the compiler of networks failed with, though the model has no fault that is known; else null.</param>
internal sealed record ModelOutput(ModelReading Reading, CompiledModel? Network, string? Fault = null);
