using Convoke.Kernels.Models;
using Microsoft.CodeAnalysis;

namespace Convoke.Generator;

/// <summary>The calls of a model in the order in which they were found, each with its place in the source.</summary>
internal sealed class CallRecorder
{
    private readonly List<CallSpec> _calls = [];
    private readonly List<CallSite> _sites = [];

    public int Count => _calls.Count;

    public CallSpec this[int call] => _calls[call];

    public CallSpec[] ToArray() => [.. _calls];

    public CallSite Site(int call) => _sites[call];

    public SymValue Add(LayerSpec layer, CallSite site, params int[] inputs)
    {
        _calls.Add(new CallSpec(layer, new(inputs)));
        _sites.Add(site);
        return new SymValue(_calls.Count - 1);
    }
}
