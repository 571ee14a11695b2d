namespace Convoke.Cuda.Tests.Binding;

/// <summary>Where NVRTC and the driver are looked for, on machines laid out in a scratch folder.</summary>
public sealed class NativeSearchTests : IDisposable
{
    private readonly ScratchFolder _root = new();
    private readonly Dictionary<string, string> _variables = [];

    public void Dispose() => _root.Dispose();

    [Fact]
    public void The_loaders_path_comes_first_and_the_newest_compiler_before_older_ones()
    {
        string older = _root.File("usr/local/cuda-12.4/lib64/libnvrtc.so.12"), newer = _root.File("usr/local/cuda-13.0/lib64/libnvrtc.so.13");
        string debian = _root.File("usr/lib/x86_64-linux-gnu/libnvrtc.so.12");
        Assert.Equal(["libnvrtc.so.13", "libnvrtc.so.12", newer, older, debian], Search().Compilers(driverMajor: null));
    }

    [Fact]
    public void A_compiler_of_the_drivers_major_version_comes_before_a_newer_one() =>
        Assert.Equal(["libnvrtc.so.12", "libnvrtc.so.13"], Search().Compilers(driverMajor: 12));

    [Fact]
    public void A_newer_driver_takes_the_newest_compiler() =>
        Assert.Equal(["libnvrtc.so.13", "libnvrtc.so.12"], Search().Compilers(driverMajor: 14));

    [Fact]
    public void Toolkits_sort_by_version_not_by_text()
    {
        string nine = _root.File("usr/local/cuda-12.9/lib64/libnvrtc.so.12"), ten = _root.File("usr/local/cuda-12.10/lib64/libnvrtc.so.12");
        Assert.Equal([ten, nine], Search().Compilers(null).Skip(2));
    }

    [Theory]
    [InlineData("CUDA_PATH", "lib64/libnvrtc.so.12")]
    [InlineData("CUDA_HOME", "targets/x86_64-linux/lib/libnvrtc.so.13")]
    [InlineData("VIRTUAL_ENV", "lib/python3.12/site-packages/nvidia/cuda_nvrtc/lib/libnvrtc.so.12")]
    [InlineData("CONDA_PREFIX", "lib/python3.13/site-packages/nvidia/cu13/lib/libnvrtc.so.13")]
    [InlineData("HOME", ".local/lib/python3.11/site-packages/nvidia/cuda_nvrtc/lib/libnvrtc.so.12")]
    public void Toolkits_and_Python_environments_are_looked_into(string variable, string place)
    {
        string file = _root.File("somewhere/" + place);
        _variables[variable] = Path.Combine(_root.Path, "somewhere");
        Assert.Equal(file, Search().Compilers(null).Last());
    }

    [Fact]
    public void A_folder_that_was_named_is_the_only_one()
    {
        _root.File("usr/local/cuda-12.4/lib64/libnvrtc.so.12");
        string named = _root.File("mine/libnvrtc.so.12");
        _variables[NativeSearch.CompilerVariable] = Path.Combine(_root.Path, "mine");
        Assert.Equal([named], Search().Compilers(null).Distinct());
    }

    [Fact]
    public void A_named_folder_may_hold_another_version_and_its_builtins_are_no_compiler()
    {
        _root.File("mine/libnvrtc-builtins.so.14.0");
        string named = _root.File("mine/libnvrtc.so.14");
        _variables[NativeSearch.CompilerVariable] = Path.Combine(_root.Path, "mine");
        Assert.Equal([named], Search().Compilers(null).Distinct());
    }

    [Fact]
    public void An_empty_folder_that_was_named_leaves_a_file_name_for_the_message()
    {
        _variables[NativeSearch.DriverVariable] = _root.Path;
        Assert.Equal([Path.Combine(_root.Path, "libcuda.so.1")], Search().Drivers());
    }

    [Fact]
    public void A_file_that_was_named_is_the_only_candidate()
    {
        _variables[NativeSearch.DriverVariable] = "/x/libcuda-emulated.so";
        Assert.Equal(["/x/libcuda-emulated.so"], Search().Drivers());
    }

    [Fact]
    public void The_drivers_stub_is_never_taken() => Assert.All(Search().Drivers(), static path => Assert.EndsWith(".so.1", path, StringComparison.Ordinal));

    private NativeSearch Search() => new(name => _variables.GetValueOrDefault(name), _root.Path);
}
