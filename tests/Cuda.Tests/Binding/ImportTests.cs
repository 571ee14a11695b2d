using System.Runtime.InteropServices;

namespace Convoke.Cuda.Tests.Binding;

/// <summary>Each function that our binding imports is one that NVIDIA's libraries export. Not part of a build with ManagedCuda, which has imports of its own.</summary>
public class ImportTests
{
    [RealDriverFact]
    public void Every_import_of_the_binding_is_an_export_of_the_driver()
    {
        nint library = NativeLibrary.Load(RealDriverFactAttribute.Find()!);
        string[] imports = Imports.Of("convoke-driver");
        Assert.True(imports.Length > 40, $"{imports.Length} imports");
        Assert.All(imports, name => Assert.True(NativeLibrary.TryGetExport(library, name, out _), name));
    }

    [NvrtcFact]
    public void Every_import_of_the_binding_is_an_export_of_NVRTC()
    {
        string[] imports = Imports.Of("convoke-nvrtc");
        Assert.Equal(12, imports.Length);
        Assert.All(imports, static name => Assert.True(NativeLibrary.TryGetExport(NativeLibraries.Compiler.Handle, name, out _), name));
    }

    [Fact]
    public void The_fault_tests_list_every_import()
    {
        string[] unlisted = [.. Imports.Of("convoke-driver").Except(FaultTests.All)];
        Assert.Equal(["cuDevicePrimaryCtxReset_v2", "cuDriverGetVersion", "cuGetErrorName", "cuGetErrorString"], unlisted.Order(StringComparer.Ordinal));
    }
}
