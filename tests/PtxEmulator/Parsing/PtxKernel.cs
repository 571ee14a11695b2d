namespace Convoke.PtxEmulator;

/// <summary>A parameter and where it lies in the parameter block, in bytes.</summary>
public sealed record PtxParameter(string Name, int Offset, int Size);

/// <summary>An .entry of a module.</summary>
public sealed class PtxKernel
{
    private readonly Lazy<KernelProgram> _program;

    internal PtxKernel(PtxModule module, string name, FunctionBody body, int maxThreads)
    {
        Module = module;
        Name = name;
        Body = body;
        MaxThreads = maxThreads;
        _program = new(() => ProgramBuilder.Build(this));
    }

    public string Name { get; }
    public IReadOnlyList<PtxParameter> Parameters => Body.Parameters;

    /// <summary>Bytes of the parameter block.</summary>
    public int ParameterBytes => Body.ParameterBytes;

    /// <summary>Bytes of shared memory that the kernel declares with an extent.</summary>
    public int StaticSharedBytes => Body.SharedBytes;

    /// <summary>Threads per block allowed by .maxntid or .reqntid, else 1024.</summary>
    public int MaxThreads { get; }

    /// <summary>Bytes of local memory a thread has.</summary>
    public int LocalBytes => Body.LocalBytes;

    internal PtxModule Module { get; }
    internal FunctionBody Body { get; }

    /// <summary>The decoded form, made at first use.</summary>
    internal KernelProgram Program => _program.Value;
}
