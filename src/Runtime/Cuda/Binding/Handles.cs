namespace Convoke.Binding;

// Opaque values of cuda.h, under the names that ManagedCuda gives them: see docs/cuda-binding.md.
#pragma warning disable CS0649 // the driver writes them

internal struct CUdevice
{
    public int Pointer;
}

internal struct CUcontext
{
    public IntPtr Pointer;
}

internal struct CUmodule
{
    public IntPtr Pointer;
}

internal struct CUfunction
{
    public IntPtr Pointer;
}

internal struct CUstream
{
    public IntPtr Pointer;
}

internal struct CUevent
{
    public IntPtr Pointer;
}

internal struct CUgraph
{
    public IntPtr Pointer;
}

internal struct CUgraphNode
{
    public IntPtr Pointer;
}

internal struct CUgraphExec
{
    public IntPtr Pointer;
}

/// <summary>An address in device memory.</summary>
internal struct CUdeviceptr(SizeT pointer)
{
    public SizeT Pointer = pointer;
}

/// <summary>An NVRTC program.</summary>
internal struct nvrtcProgram
{
    public IntPtr Pointer;
}
