using Convoke.Kernels;
using Convoke.Kernels.Emission;

namespace Convoke.Generator;

/// <summary>Writes the generated half of a model class: its API, and the choice of its kernels.</summary>
internal static class PartialClassWriter
{
    /// <summary>The API file. A faulty model gets the same members, so that its callers compile and only the fault itself is shown.</summary>
    public static string Write(ModelOutput output)
    {
        string name = output.Reading.Name;
        CodeWriter code = Begin(output.Reading);
        code.Line(ClassDoc(output.Network));
        using (code.Block($"partial class {name} : global::Convoke.Model, global::Convoke.Compiled.ICompiledModel"))
        {
            if (output.Network is { } network) WriteModel(code, name, network);
            else
            {
                WriteSkeleton(code, name);
                if (output.Reading.Spec is { } faulty) MembersWriter.Write(code, faulty);
            }
            foreach (LayerMethod method in output.Reading.Methods)
            {
                code.Line();
                method.Write(code);
            }
        }
        return code.ToString();
    }

    /// <summary>The implementation file: the widest kernels that the machine has vectors for.</summary>
    public static string WriteSelection(ModelReading reading, IReadOnlyList<CpuSource> sources)
    {
        CodeWriter code = Begin(reading);
        using (code.Block($"partial class {reading.Name}"))
        using (code.Block("static partial void LoadCpuProgram(ref global::Convoke.Compiled.CpuProgram? program)"))
        {
            for (int i = 0; i < sources.Count; i++)
            {
                CpuSource source = sources[i];
                string test = $"if (global::System.Runtime.Intrinsics.Vector{Literals.Of(source.VectorBits)}.IsHardwareAccelerated) ";
                // The narrowest needs no test: without hardware for it the run time computes its vectors in software.
                bool narrowest = i == sources.Count - 1;
                code.Line($"{(i > 0 ? "else " : "")}{(narrowest ? "" : test)}program = new {source.ClassName}();");
            }
        }
        return code.ToString();
    }

    private static void WriteModel(CodeWriter code, string name, CompiledModel network)
    {
        string missing = Literals.Of($"The kernels of {Plain(name)} are missing: this build left implementation source out.");
        code.Line($"""
            /// <summary>The model's layers, with output shapes, parameters, multiply-accumulates and activation bytes per sample.</summary>
            public const string Summary = {Literals.Raw(network.Summary)};

            """);
        PlanWriter.Write(code, network);
        code.Line($$"""

            private {{name}}(global::Convoke.Device device, ulong seed) : base(Plan, SelectCpuProgram(), SelectCudaProgram(), device, seed)
            {
            }

            {{CreateDoc}}
            public static {{name}} Create(global::Convoke.Device? device = null, ulong seed = 0) => new(device ?? global::Convoke.Device.Best, seed);

            private static global::Convoke.Compiled.CpuProgram SelectCpuProgram()
            {
                global::Convoke.Compiled.CpuProgram? program = null;
                LoadCpuProgram(ref program);
                return program ?? throw new global::System.InvalidOperationException({{missing}});
            }

            static global::Convoke.Compiled.CudaProgram? global::Convoke.Compiled.ICompiledModel.CudaProgram => SelectCudaProgram();

            private static global::Convoke.Compiled.CudaProgram? SelectCudaProgram()
            {
                global::Convoke.Compiled.CudaProgram? program = null;
                LoadCudaProgram(ref program);
                return program;
            }

            static partial void LoadCpuProgram(ref global::Convoke.Compiled.CpuProgram? program);

            static partial void LoadCudaProgram(ref global::Convoke.Compiled.CudaProgram? program);
            """);
        MembersWriter.Write(code, network);
    }

    private static void WriteSkeleton(CodeWriter code, string name) => code.Line($$"""
        static global::Convoke.Compiled.CudaProgram? global::Convoke.Compiled.ICompiledModel.CudaProgram => null;

        /// <summary>Empty, because this model has errors.</summary>
        public const string Summary = "";

        private {{name}}(global::Convoke.Device device, ulong seed) : base(null!, null!, null, device, seed)
        {
        }

        {{CreateDoc}}
        public static {{name}} Create(global::Convoke.Device? device = null, ulong seed = 0) =>
            throw new global::System.InvalidOperationException({{Literals.Of(Plain(name) + " has errors; build messages that begin with CVK name them.")}});
        """);

    /// <summary>Lines of the table's begin and of its end that an editor shows of a long model.</summary>
    private const int DocLines = 24;

    private const string CreateDoc = """
        /// <summary>Makes the model and initialises its parameters.</summary>
        /// <param name="device">Where it runs; <see cref="global::Convoke.Device.Best"/> where left out.</param>
        /// <param name="seed">Decides the initial parameters and the order of samples: equal seeds give equal results.</param>
        """;

    /// <summary>A file's head: its marks and its namespace.</summary>
    public static CodeWriter Begin(ModelReading reading)
    {
        var code = new CodeWriter();
        code.Line("""
            // <auto-generated/>
            #nullable enable

            """);
        if (reading.Namespace is not null) code.Line($"namespace {reading.Namespace};\n");
        return code;
    }

    /// <summary>What an editor shows where the class is named: the table of layers.</summary>
    private static string ClassDoc(CompiledModel? network)
    {
        if (network is null) return "/// <remarks>This model has errors; build messages that begin with CVK name them.</remarks>";
        string[] lines = network.Summary.TrimEnd('\n').Split('\n');
        if (lines.Length > 2 * DocLines) lines = [.. lines.Take(DocLines), $"... {Literals.Of(lines.Length - (2 * DocLines))} rows more ...", .. lines.Skip(lines.Length - DocLines)];
        string escaped = string.Join("\n", lines).Replace("&", "&amp;").Replace("<", "&lt;").Replace(">", "&gt;");
        return $"""
            /// <remarks>
            /// <code>
            /// {escaped.Replace("\n", "\n/// ")}
            /// </code>
            /// </remarks>
            """;
    }

    /// <summary>A name as it is, without the '@' that makes a keyword an identifier.</summary>
    private static string Plain(string name) => name.TrimStart('@');
}
