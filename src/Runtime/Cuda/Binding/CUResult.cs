namespace Convoke.Binding;

/// <summary>CUresult of cuda.h; only those that the runtime tells apart have a name, the driver names the rest (<c>cuGetErrorName</c>).</summary>
internal enum CUResult
{
    Success = 0,
    ErrorOutOfMemory = 2,
    ErrorDeinitialized = 4,
    ErrorNoDevice = 100,
    ErrorInvalidImage = 200,
    ErrorNoBinaryForGPU = 209,
    ErrorECCUncorrectable = 214,
    ErrorInvalidPtx = 218,
    NVLinkUncorrectable = 220,
    JITCompilerNotFound = 221,
    UnsupportedPTXVersion = 222,
    ErrorNotReady = 600,
    ErrorIllegalAddress = 700,
    ErrorLaunchTimeout = 702,
    ErrorContextIsDestroyed = 709,
    ErrorAssert = 710,
    ErrorHardwareStackError = 714,
    ErrorIllegalInstruction = 715,
    ErrorMisalignedAddress = 716,
    ErrorInvalidAddressSpace = 717,
    ErrorInvalidPC = 718,
    ErrorLaunchFailed = 719,
    ErrorUnknown = 999,
}
