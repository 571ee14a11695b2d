using System.Reflection;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;

namespace Convoke.EmulatedDriver.Tests.Controls;

/// <summary>The emulated driver has entry points that the real one has, with NVIDIA's parameters. Neither of NVIDIA's files is in the repository.</summary>
public class SignatureTests
{
    private static readonly MethodInfo[] EntryPoints = [.. Assembly.Load("Convoke.EmulatedDriver").GetTypes()
        .SelectMany(static type => type.GetMethods(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
        .Where(static method => method.GetCustomAttribute<UnmanagedCallersOnlyAttribute>() is not null)];

    [DriverFact]
    public void Every_entry_point_is_exported_under_its_name()
    {
        Emulator.Check(Cuda.cvkEmuReset());
        Assert.True(EntryPoints.Length > 70);
        Assert.All(EntryPoints, static method =>
        {
            Assert.Equal(method.Name, method.GetCustomAttribute<UnmanagedCallersOnlyAttribute>()!.EntryPoint);
            Assert.True(NativeLibrary.TryGetExport(DriverLibrary.Handle, method.Name, out _), method.Name);
        });
    }

    [VariableFact("CONVOKE_CUDA_HEADERS", "the folder of cuda.h")]
    public void Parameters_are_those_of_the_header()
    {
        var header = new CudaHeader(File.ReadAllText(Path.Combine(VariableFactAttribute.Value("CONVOKE_CUDA_HEADERS"), "cuda.h")));
        Assert.All(RealEntryPoints(), method =>
            Assert.Equal(header.Parameters(method.Name), string.Join(", ", method.GetParameters().Select(static parameter => CudaHeader.Kind(parameter.ParameterType)))));
    }

    [VariableFact("CONVOKE_REAL_LIBCUDA", "the file libcuda.so.1 of a real driver")]
    public void The_real_driver_has_every_entry_point()
    {
        nint real = NativeLibrary.Load(VariableFactAttribute.Value("CONVOKE_REAL_LIBCUDA"));
        Assert.False(NativeLibrary.TryGetExport(real, "cvkEmuReset", out _));
        Assert.All(RealEntryPoints(), method => Assert.True(NativeLibrary.TryGetExport(real, method.Name, out _), method.Name));
    }

    private static IEnumerable<MethodInfo> RealEntryPoints() => EntryPoints.Where(static method => !method.Name.StartsWith("cvkEmu", StringComparison.Ordinal));
}

/// <summary>A test that needs a file of NVIDIA's, found through an environment variable; skipped by name without it.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class VariableFactAttribute : FactAttribute
{
    public VariableFactAttribute(string variable, string meaning)
    {
        if (Value(variable).Length == 0) Skip = $"{variable} is not set; it names {meaning}";
    }

    public static string Value(string variable) => Environment.GetEnvironmentVariable(variable) ?? "";
}

/// <summary>Declarations of cuda.h, as far as their parameters go: each becomes the kind of value that is passed.</summary>
internal sealed partial class CudaHeader
{
    private readonly string _text;
    private readonly Dictionary<string, string> _versions;
    private readonly HashSet<string> _handles, _enumerations;

    public CudaHeader(string text)
    {
        _text = Comment().Replace(text, " ");
        _versions = Version().Matches(_text).DistinctBy(static m => m.Groups[2].Value).ToDictionary(static m => m.Groups[2].Value, static m => m.Groups[1].Value);
        _handles = [.. Handle().Matches(_text).Select(static m => m.Groups[1].Value)];
        _enumerations = [.. Enumeration().Matches(_text).Select(static m => m.Groups[1].Value)];
    }

    /// <summary>Kinds of the parameters of an export. The header declares it without its version and defines the one as the other.</summary>
    public string Parameters(string export)
    {
        string name = _versions.GetValueOrDefault(export, export);
        Match found = Regex.Match(_text, $@"CUresult\s+CUDAAPI\s+{name}\s*\(([^;]*)\);");
        if (!found.Success) return "not declared";
        string list = found.Groups[1].Value.Trim();
        return list is "" or "void" ? "" : string.Join(", ", list.Split(',').Select(Kind));
    }

    public static string Kind(Type type) =>
        type.IsPointer ? Kind(type.GetElementType()!) + "*"
        : type.IsEnum ? "int32"
        : type == typeof(void) ? "void"
        : type == typeof(nint) ? "handle"
        : Type.GetTypeCode(type) switch
        {
            TypeCode.Byte => "int8",
            TypeCode.Int32 or TypeCode.UInt32 => "int32",
            TypeCode.UInt64 => "int64",
            TypeCode.Single => "float",
            _ => type == typeof(nuint) ? "size" : "struct",
        };

    private string Kind(string parameter)
    {
        string words = Regex.Replace(parameter.Replace("const", "", StringComparison.Ordinal).Trim(), @"\s*(\w+)$", "");
        string type = words.Replace("*", "", StringComparison.Ordinal).Trim();
        string kind = type switch
        {
            "void" => "void",
            "char" or "unsigned char" => "int8",
            "int" or "unsigned int" or "CUdevice" => "int32",
            "float" => "float",
            "size_t" => "size",
            "CUdeviceptr" or "unsigned long long" or "cuuint64_t" => "int64",
            _ when _handles.Contains(type) => "handle",
            _ when _enumerations.Contains(type) => "int32",
            _ => "struct",
        };
        return kind + new string('*', words.Count(static c => c == '*'));
    }

    [GeneratedRegex(@"/\*.*?\*/|//[^\n]*", RegexOptions.Singleline)]
    private static partial Regex Comment();

    [GeneratedRegex(@"#\s*define\s+(cu\w+)\s+(?:__CUDA_API_PT[DS]S?Z?\()?(cu\w+)\)?")]
    private static partial Regex Version();

    [GeneratedRegex(@"typedef\s+struct\s+\w+\s*\*\s*(\w+)\s*;")]
    private static partial Regex Handle();

    [GeneratedRegex(@"typedef\s+enum\s+\w+\s*\{[^}]*\}\s*(\w+)\s*;")]
    private static partial Regex Enumeration();
}
