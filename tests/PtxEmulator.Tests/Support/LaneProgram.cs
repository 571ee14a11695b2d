using System.Globalization;
using System.Text;

namespace Convoke.PtxEmulator.Tests;

/// <summary>
/// Runs one instruction in a warp. Operands are typed as in PTX and travel as 64-bit slots; a predicate is 1 or 0. The instruction is written with
/// {0} for the result and {1}, {2}, ... for the sources.
/// </summary>
internal static class LaneProgram
{
    public const ulong Untouched = 0xABCDABCDABCDABCD;

    /// <param name="instruction">For example "add.s32 {0}, {1}, {2};".</param>
    /// <param name="result">Type of the result, for example s32.</param>
    /// <param name="sources">Types of the sources.</param>
    /// <param name="values">For each source 32 values.</param>
    /// <param name="oddOnly">Lanes of odd number alone execute it.</param>
    /// <returns>The result's 32 values, its width wide.</returns>
    public static ulong[] Run(string instruction, string result, string[] sources, ulong[][] values, bool oddOnly = false)
    {
        StringBuilder text = new(".version 8.4\n.target sm_90\n.address_size 64\n.visible .entry k(.param .u64 out, .param .u64 in)\n{\n");
        text.AppendLine(".reg .b64 %address, %source; .reg .b32 %lane, %bit; .reg .pred %run;");
        text.AppendLine("mov.u32 %lane, %tid.x; ld.param.u64 %address, [out]; ld.param.u64 %source, [in];");
        text.AppendLine("mad.wide.u32 %address, %lane, 8, %address; mad.wide.u32 %source, %lane, 8, %source;");
        text.AppendLine("and.b32 %bit, %lane, 1; setp.eq.u32 %run, %bit, 1;");
        for (int i = 0; i < sources.Length; i++)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $".reg .{sources[i]} %a{i};");
            if (sources[i] == "pred") text.AppendLine(CultureInfo.InvariantCulture, $"ld.global.u32 %bit, [%source+{256 * i}]; setp.ne.u32 %a{i}, %bit, 0;");
            else text.AppendLine(CultureInfo.InvariantCulture, $"ld.global.{Bits(sources[i])} %a{i}, [%source+{256 * i}];");
        }
        text.AppendLine(CultureInfo.InvariantCulture, $".reg .{result} %d;");
        text.AppendLine(CultureInfo.InvariantCulture, $"{(result == "pred" ? "setp.ne.u32 %d, 0, 0;" : $"mov.{Bits(result)} %d, {(Bits(result) == "b16" ? "0xABCD" : Bits(result) == "b32" ? "0xABCDABCD" : "0xABCDABCDABCDABCD")};")}");
        object[] names = ["%d", .. Enumerable.Range(0, sources.Length).Select(static i => (object)$"%a{i}")];
        if (oddOnly) text.Append("@%run ");
        text.AppendLine(Names(instruction, names));
        text.AppendLine(CultureInfo.InvariantCulture, $"{(result == "pred" ? "selp.u32 %bit, 1, 0, %d; st.global.u32 [%address], %bit;" : $"st.global.{Bits(result)} [%address], %d;")}");
        text.AppendLine("ret; }");

        PtxModule module = PtxModule.Parse(text.ToString());
        using Device device = new();
        ulong output = device.Upload(new ulong[32]);
        device.Run(module.Kernels["k"], new(1), new(32), 0, output, device.Upload<ulong>([.. values.SelectMany(static v => v), 0]));
        return Device.Download<ulong>(output, 32);
    }

    /// <summary>Braces of vectors stay; {0} is replaced.</summary>
    private static string Names(string instruction, object[] names)
    {
        for (int i = 0; i < names.Length; i++) instruction = instruction.Replace($"{{{i}}}", (string)names[i], StringComparison.Ordinal);
        return instruction;
    }

    private static string Bits(string type) => type switch
    {
        "b16" or "u16" or "s16" or "f16" or "bf16" => "b16",
        "b64" or "u64" or "s64" or "f64" => "b64",
        _ => "b32",
    };
}
