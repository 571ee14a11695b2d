namespace Convoke.Cuda.Tests.Binding;

/// <summary>What is said of machines that lack something; each probe is a process of its own.</summary>
public class ProbeTests
{
    [Fact]
    public void Without_a_driver_the_names_tried_are_listed()
    {
        (int code, string output, _) = ChildProcess.Run("open", ("CONVOKE_CUDA_DRIVER", "/nowhere/libcuda.so.1"), ("CONVOKE_NVRTC", "/nowhere/nvrtc"));
        Assert.Equal(1, code);
        Assert.Equal(
            "DeviceNotAvailableException: CUDA device 0 is not available: no NVIDIA driver: tried /nowhere/libcuda.so.1 (no such file); no NVRTC: CONVOKE_NVRTC names /nowhere/nvrtc (no such file).",
            output);
    }

    [Fact]
    public void A_file_that_is_no_library_is_said_to_be_none()
    {
        using ScratchFolder folder = new();
        string file = folder.File("libcuda.so.1");
        (_, string output, _) = ChildProcess.Run("probe", ("CONVOKE_CUDA_DRIVER", folder.Path), ("CONVOKE_NVRTC", folder.File("libnvrtc.so.12")));
        Assert.StartsWith($"unavailable; driver none; no NVIDIA driver: tried {file} (", output, StringComparison.Ordinal);
        Assert.DoesNotContain("no such file", output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_library_without_the_drivers_functions_is_not_taken()
    {
        string libc = Directory.GetFiles("/lib/x86_64-linux-gnu", "libm.so.6").Single();
        (_, string output, _) = ChildProcess.Run("probe", ("CONVOKE_CUDA_DRIVER", libc), ("CONVOKE_NVRTC", libc));
        Assert.Contains($"tried {libc} (has no cuInit)", output, StringComparison.Ordinal);
        Assert.Contains($"names {libc} (has no nvrtcGetSupportedArchs)", output, StringComparison.Ordinal);
    }

    [NvrtcFact]
    public void A_probe_without_a_driver_still_finds_the_compiler()
    {
        (_, string output, _) = ChildProcess.Run("probe", ("CONVOKE_CUDA_DRIVER", "/nowhere/libcuda.so.1"));
        Assert.Contains($"NVRTC {KernelCompiler.Default.Version} (", output, StringComparison.Ordinal);
    }

    [EmulatedFact]
    public void A_driver_without_a_device_says_so_in_its_own_words()
    {
        (int code, string output, _) = ChildProcess.Run("open", ("CONVOKE_CUDA_DRIVER", EmulatedDriver.File), ("CVK_EMU_DEVICES", "0"));
        Assert.Equal(1, code);
        Assert.Contains(": cuInit gave CUDA_ERROR_NO_DEVICE (100): no CUDA-capable device is detected; NVRTC ", output, StringComparison.Ordinal);
    }

    [EmulatedFact]
    public void A_driver_that_is_too_old_is_named_with_what_is_needed()
    {
        (int code, string output, _) = ChildProcess.Run("open", ("CONVOKE_CUDA_DRIVER", EmulatedDriver.File), ("CVK_EMU_DRIVER_VERSION", "11080"));
        Assert.Equal(1, code);
        Assert.StartsWith("DeviceNotAvailableException: CUDA device 0 is not available: driver ", output, StringComparison.Ordinal);
        Assert.Contains(" for CUDA 11.8 is too old: CUDA 12.0 or newer is needed", output, StringComparison.Ordinal);
    }

    [EmulatedFact]
    public void A_GPU_that_is_too_old_is_named()
    {
        (int code, string output, _) = ChildProcess.Run("open", ("CONVOKE_CUDA_DRIVER", EmulatedDriver.File), ("CVK_EMU_ARCH", "70"));
        Assert.Equal(1, code);
        Assert.Contains("compute capability 7.0, 132 multiprocessors, 4.0 GiB, is older than compute capability 7.5", output, StringComparison.Ordinal);
    }

    [EmulatedFact]
    public void A_GPU_is_opened_and_level_1_shows_how_it_was_found()
    {
        (int code, string output, string errors) = ChildProcess.Run("open", ("CONVOKE_CUDA_DRIVER", EmulatedDriver.File), ("CONVOKE_DEBUG", "1"));
        Assert.True(code == 0, output);
        Assert.StartsWith("opened ", output, StringComparison.Ordinal);
        Assert.Matches(@"^convoke: probe: driver .*libcuda\.so\.1 for CUDA 13\.0: device 0: .*; NVRTC .* \(binding \w+\)$", errors);
    }
}
