using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Convoke.EmulatedDriver.Tests;

/// <summary>Where the published library is, and what to say where it is not.</summary>
internal static class DriverLibrary
{
    public const string Name = "emulated cuda";

    private static readonly string Folder = Path.Combine(
        typeof(DriverLibrary).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(static m => m.Key == "Repository").Value!, "artifacts", "emulator");

    public static string File { get; } = Path.GetFullPath(Path.Combine(Folder, "libcuda.so.1"));

    /// <summary>Null where it is there.</summary>
    public static string? Missing { get; } = System.IO.File.Exists(File) ? null : $"the emulated driver was not published: {Reason()}";

    public static bool IsRequired => Environment.GetEnvironmentVariable("CI_REQUIRE_DATA") == "1";

    public static nint Handle { get; private set; }

    [ModuleInitializer]
    internal static void Resolve() => NativeLibrary.SetDllImportResolver(typeof(DriverLibrary).Assembly, static (name, _, _) =>
    {
        if (name != Name) return 0;
        if (Missing is not null) throw new DllNotFoundException(Missing);
        return Handle = NativeLibrary.Load(File);
    });

    private static string Reason()
    {
        string log = Path.Combine(Folder, "publish.log");
        return System.IO.File.Exists(log) ? System.IO.File.ReadAllText(log).Trim() : "no log at " + log;
    }
}

/// <summary>A test that needs the emulated driver: skipped by name without it, failed where CI_REQUIRE_DATA=1.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class DriverFactAttribute : FactAttribute
{
    public DriverFactAttribute()
    {
        if (!DriverLibrary.IsRequired) Skip = DriverLibrary.Missing;
    }
}

/// <inheritdoc cref="DriverFactAttribute"/>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class DriverTheoryAttribute : TheoryAttribute
{
    public DriverTheoryAttribute()
    {
        if (!DriverLibrary.IsRequired) Skip = DriverLibrary.Missing;
    }
}
