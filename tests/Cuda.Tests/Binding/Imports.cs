using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace Convoke.Cuda.Tests.Binding;

/// <summary>The native functions that the built assembly imports, read from its metadata.</summary>
internal static class Imports
{
    public static string[] Of(string library)
    {
        using PEReader file = new(File.OpenRead(typeof(CudaSession).Assembly.Location));
        MetadataReader metadata = file.GetMetadataReader();
        return
        [
            .. from handle in metadata.MethodDefinitions
               let import = metadata.GetMethodDefinition(handle).GetImport()
               where !import.Module.IsNil && metadata.GetString(metadata.GetModuleReference(import.Module).Name) == library
               select metadata.GetString(import.Name),
        ];
    }
}
