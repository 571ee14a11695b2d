using System.Runtime.InteropServices;
using System.Text;

namespace Convoke;

/// <summary>One source in the hands of NVRTC, from its creation to its images.</summary>
internal sealed class NvrtcProgram : IDisposable
{
    private nvrtcProgram _program;

    public NvrtcProgram(string source, string name) =>
        Check(NVRTCNativeMethods.nvrtcCreateProgram(ref _program, source, name, 0, null, null), "nvrtcCreateProgram");

    /// <summary>The log of <see cref="Compile"/>.</summary>
    public string Log { get; private set; } = "";

    /// <summary>Compiles; the log is there whatever the result.</summary>
    public nvrtcResult Compile(IReadOnlyList<string> options)
    {
        IntPtr[] texts = new IntPtr[options.Count];
        try
        {
            for (int i = 0; i < texts.Length; i++) texts[i] = Marshal.StringToCoTaskMemUTF8(options[i]);
            nvrtcResult result = NVRTCNativeMethods.nvrtcCompileProgram(_program, texts.Length, texts);
            SizeT bytes = 0L;
            Check(NVRTCNativeMethods.nvrtcGetProgramLogSize(_program, ref bytes), "nvrtcGetProgramLogSize");
            byte[] log = new byte[bytes];
            Check(NVRTCNativeMethods.nvrtcGetProgramLog(_program, log), "nvrtcGetProgramLog");
            Log = Encoding.UTF8.GetString(log).TrimEnd('\0', '\n');
            return result;
        }
        finally
        {
            foreach (IntPtr text in texts) Marshal.FreeCoTaskMem(text);
        }
    }

    /// <summary>PTX with a terminating zero; there for real architectures too.</summary>
    public byte[] Ptx()
    {
        SizeT bytes = 0L;
        Check(NVRTCNativeMethods.nvrtcGetPTXSize(_program, ref bytes), "nvrtcGetPTXSize");
        byte[] ptx = new byte[bytes];
        Check(NVRTCNativeMethods.nvrtcGetPTX(_program, ptx), "nvrtcGetPTX");
        return ptx;
    }

    /// <summary>Machine code; only for real architectures.</summary>
    public byte[] Cubin()
    {
        SizeT bytes = 0L;
        Check(NVRTCNativeMethods.nvrtcGetCUBINSize(_program, ref bytes), "nvrtcGetCUBINSize");
        byte[] cubin = new byte[bytes];
        Check(NVRTCNativeMethods.nvrtcGetCUBIN(_program, cubin), "nvrtcGetCUBIN");
        return cubin;
    }

    public void Dispose()
    {
        if (_program.Pointer != 0) NVRTCNativeMethods.nvrtcDestroyProgram(ref _program);
        _program = default;
    }

    private static void Check(nvrtcResult result, string call)
    {
        if (result != nvrtcResult.Success) throw new KernelCompilationException($"NVRTC: {call} gave result {(int)result} ({result}).", "");
    }
}
