using System.Collections;

namespace Convoke;

/// <summary>The trained tensors of a model, in layer order, by index or by name.</summary>
public sealed class ParameterCollection : IReadOnlyList<Parameter>
{
    private readonly Parameter[] _parameters;
    private readonly string _modelName;

    internal ParameterCollection(string modelName, Parameter[] parameters) => (_modelName, _parameters) = (modelName, parameters);

    /// <summary>Number of tensors.</summary>
    public int Count => _parameters.Length;

    /// <summary>Number of values in all tensors.</summary>
    public long ElementCount => _parameters.Sum(parameter => (long)parameter.Count);

    /// <summary>Tensor <paramref name="index"/> in layer order.</summary>
    public Parameter this[int index] => _parameters[index];

    /// <summary>The tensor of that name; case counts.</summary>
    /// <exception cref="ParameterException">There is none; the message lists what there is.</exception>
    public Parameter this[string name]
    {
        get
        {
            ArgumentNullException.ThrowIfNull(name);
            foreach (Parameter parameter in _parameters)
            {
                if (parameter.Name == name) return parameter;
            }
            throw new ParameterException($"{_modelName} has no parameter \"{name}\". It has: {(_parameters.Length == 0 ? "none" : string.Join(", ", _parameters.Select(parameter => parameter.Describe())))}.");
        }
    }

    /// <inheritdoc/>
    public IEnumerator<Parameter> GetEnumerator() => ((IEnumerable<Parameter>)_parameters).GetEnumerator();

    /// <inheritdoc/>
    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
