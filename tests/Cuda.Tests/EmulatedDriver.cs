using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace Convoke.Cuda.Tests;

/// <summary>The emulated libcuda.so.1 as this process's driver, and its controls: what a real driver has not.</summary>
/// <remarks>A process loads one driver for good, so tests that use it share it: they belong to the collection <see cref="DriverTests"/>.</remarks>
internal static unsafe class EmulatedDriver
{
    private static readonly Lazy<nint> Library = new(static () => NativeLibrary.Load(File!));

    /// <summary>The library, or null where it was not built.</summary>
    public static string? File { get; } = Find();

    /// <summary>Why tests are skipped where it is not.</summary>
    public static string Missing => "the emulated driver is not in artifacts/emulator; publish.log there says why";

    /// <summary>Before anything looks for a driver. A driver that the environment names is left alone.</summary>
    [ModuleInitializer]
    internal static void Name()
    {
        if (File is not null && Environment.GetEnvironmentVariable(NativeSearch.DriverVariable) is not { Length: > 0 })
            Environment.SetEnvironmentVariable(NativeSearch.DriverVariable, File);
    }

    /// <summary>As if just loaded: everything alive dies, and settings are <paramref name="settings"/> ("seed=3;checks=none") over the environment's.</summary>
    public static void Reset(string settings = "")
    {
        Check(((delegate* unmanaged<int>)Export("cvkEmuReset"))());
        fixed (byte* text = Text(settings)) Check(((delegate* unmanaged<byte*, int>)Export("cvkEmuConfigure"))(text));
    }

    /// <summary>The same, and initialised: the process probed its driver once and does not do so again.</summary>
    public static void Restart(string settings = "")
    {
        Reset(settings);
        _ = CudaDriver.Run();
    }

    /// <summary>The <paramref name="nth"/> call of a function from now on, from 1, does nothing and returns <paramref name="code"/>; 0: none does.</summary>
    public static void Inject(string function, int nth, int code)
    {
        fixed (byte* name = Text(function)) _ = ((delegate* unmanaged<byte*, int, int, int>)Export("cvkEmuInject"))(name, nth, code);
    }

    /// <summary>Calls of a function since the reset.</summary>
    public static int Calls(string function)
    {
        fixed (byte* name = Text(function)) return ((delegate* unmanaged<byte*, int>)Export("cvkEmuCalls"))(name);
    }

    /// <summary>What is alive and should not be.</summary>
    public static LeakCounts Leaks
    {
        get
        {
            LeakCounts leaks;
            Check(((delegate* unmanaged<LeakCounts*, int>)Export("cvkEmuLeaks"))(&leaks));
            return leaks;
        }
    }

    /// <summary>A fresh device for a test, where there is one.</summary>
    public static void StartTest()
    {
        if (File is not null) Reset();
    }

    /// <summary>A fresh, initialised device for a test of models, where there is one.</summary>
    public static void StartModelTest()
    {
        if (File is not null) Restart();
    }

    /// <summary>The test must have given everything back.</summary>
    public static void EndTest()
    {
        if (File is not null) Assert.Equal(default, Leaks);
    }

    private static void Check(int result)
    {
        if (result != 0) throw new InvalidOperationException($"the emulated driver's control gave {result}");
    }

    private static byte[] Text(string text) => Encoding.UTF8.GetBytes(text + "\0");

    private static nint Export(string name) => NativeLibrary.GetExport(Library.Value, name);

    private static string? Find()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            string file = Path.Combine(folder.FullName, "artifacts", "emulator", "libcuda.so.1");
            if (System.IO.File.Exists(file)) return file;
        }

        return null;
    }
}
