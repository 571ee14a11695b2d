namespace Convoke.Binding;

// Constants of cuda.h, as many as the runtime uses.

internal enum CUInitializationFlags : uint
{
    None = 0,
}

internal enum CUDeviceAttribute
{
    MultiProcessorCount = 16,
    ComputeCapabilityMajor = 75,
    ComputeCapabilityMinor = 76,
}

internal enum CUFunctionAttribute
{
    MaxThreadsPerBlock = 0,
    SharedSizeBytes = 1,
    LocalSizeBytes = 3,
    NumRegs = 4,
    MaxDynamicSharedSizeBytes = 8,
}

internal enum CUJITOption
{
    ErrorLogBuffer = 5,
    ErrorLogBufferSizeBytes = 6,
}

internal enum CUMemHostAllocFlags
{
    None = 0,
}

internal enum CUStreamFlags : uint
{
    NonBlocking = 1,
}

internal enum CUEventFlags
{
    Default = 0,
}

/// <summary>Which calls are forbidden while a stream is captured: with Local, unsafe ones of the capturing thread.</summary>
internal enum CUstreamCaptureMode
{
    Local = 1,
}

internal enum CUgraphInstantiate_flags : ulong
{
    None = 0,
}
