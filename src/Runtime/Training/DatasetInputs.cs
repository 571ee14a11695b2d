using System.Runtime.InteropServices;
using Convoke.Compiled;

namespace Convoke;

/// <summary>Where each input of a model finds its samples in a data set that has been checked, and how kernels get them: all inputs of a sample one behind the other.</summary>
internal sealed class DatasetInputs
{
    private readonly Dataset[] _sources;

    public DatasetInputs(NetworkPlan plan, Dataset data)
    {
        _sources = [.. plan.Inputs.Select((input, i) => data.FindInput(input.Name, isFirst: i == 0)!)];
        IsBytes = Array.TrueForAll(_sources, static source => source.IsBytes);
        SampleBytes = plan.SampleLength * (IsBytes ? 1 : sizeof(float));
    }

    /// <summary>Whether samples are bytes on a device; where one input is floats, all become so.</summary>
    public bool IsBytes { get; }

    /// <summary>Bytes of a sample on a device.</summary>
    public int SampleBytes { get; }

    /// <summary>Copies a sample f32[SampleLength].</summary>
    public void Copy(int index, Span<float> sample)
    {
        foreach (Dataset source in _sources)
        {
            source.CopyChannelsLast(index, sample[..source.SampleLength]);
            sample = sample[source.SampleLength..];
        }
    }

    /// <summary>Copies samples [<paramref name="first"/>, first + count) as a device keeps them.</summary>
    public void CopyToDevice(int first, int count, Span<byte> destination)
    {
        if (_sources is [var only])
        {
            only.CopyStored(first, count, destination);
            return;
        }
        for (int n = first; n < first + count; n++)
        {
            if (!IsBytes) Copy(n, MemoryMarshal.Cast<byte, float>(destination[..SampleBytes]));
            for (int i = 0, at = 0; IsBytes && i < _sources.Length; at += _sources[i++].SampleLength) _sources[i].CopyStored(n, 1, destination.Slice(at, _sources[i].SampleLength));
            destination = destination[SampleBytes..];
        }
    }
}
