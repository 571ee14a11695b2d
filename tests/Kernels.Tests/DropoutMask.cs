using Convoke.Kernels.Graphs;
using Convoke.Kernels.Models;
using Convoke.Kernels.Passes;
using Convoke.Kernels.Scheduling;

namespace Convoke.Kernels.Tests;

/// <summary>The masks that kernels draw, written down a second time: Philox4x32-10 over stored elements.</summary>
internal static class DropoutMask
{
    /// <param name="forward">The training graph without adjoints.</param>
    /// <param name="layout">Order in which flattened images are read.</param>
    /// <param name="seed">The model's seed.</param>
    /// <param name="draw">Training passes before this one.</param>
    public static GraphInterpreter.KeepsElement Of(Graph forward, ImageLayout layout, ulong seed, uint draw)
    {
        var storage = new StorageRules(forward, null, LiveRegions.Run(forward));
        var sites = forward.Values.Where(static v => v.Op is Op.Dropout).ToDictionary(static v => ((Op.Dropout)v.Op).Site);
        return (y, sample, element) =>
        {
            var drop = (Op.Dropout)y.Op;
            ValueStorage form = storage.Of(sites[drop.Site].Id);
            (int row, int column, int channel) = y.Shape.IsImage
                ? (element / y.Shape[2] / y.Shape[1], element / y.Shape[2] % y.Shape[1], element % y.Shape[2])
                : layout == ImageLayout.ChannelsFirst && form.Pixels > 1
                    ? (element / form.Columns % form.Rows, element % form.Columns, element / form.Pixels)
                    : (element / form.Channels / form.Columns, element / form.Channels % form.Columns, element % form.Channels);

            // What nothing reads is not computed, so that nobody asks for it.
            if (row >= form.Rows || column >= form.Columns) return true;
            uint stored = (uint)((((row * form.Columns) + column) * form.Stored) + channel);
            uint word = Philox((stored / 4, (uint)sample, (uint)drop.Site, draw | 0x80000000), (uint)seed, (uint)(seed >> 32))[stored % 4];
            return word >= Math.Round(drop.Rate * 4294967296.0);
        };
    }

    /// <summary>Salmon et al. 2011, table 2 and section 3.3.</summary>
    private static uint[] Philox((uint A, uint B, uint C, uint D) counter, uint key0, uint key1)
    {
        (uint a, uint b, uint c, uint d) = counter;
        for (int round = 0; round < 10; round++, key0 += 0x9E3779B9, key1 += 0xBB67AE85)
        {
            ulong first = 0xD2511F53UL * a, second = 0xCD9E8D57UL * c;
            (a, b, c, d) = ((uint)(second >> 32) ^ b ^ key0, (uint)second, (uint)(first >> 32) ^ d ^ key1, (uint)first);
        }

        return [a, b, c, d];
    }
}
