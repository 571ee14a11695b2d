namespace Convoke.Cuda.Tests.Binding;

/// <summary>NVIDIA's own libcuda on a machine without a GPU: it can say that there is none.</summary>
public class RealDriverTests
{
    [RealDriverFact]
    public void Without_a_GPU_the_drivers_own_words_are_shown()
    {
        (int code, string output, _) = ChildProcess.Run("open", ("CONVOKE_CUDA_DRIVER", RealDriverFactAttribute.Find()), ("LD_LIBRARY_PATH", null));
        Assert.Equal(1, code);
        Assert.Matches(@"^DeviceNotAvailableException: CUDA device 0 is not available: driver .*libcuda\.so\.1 for CUDA 12\.\d+: cuInit gave CUDA_ERROR_NO_DEVICE \(100\): no CUDA-capable device is detected; ", output);
    }
}
