using Microsoft.CodeAnalysis.CSharp;

namespace Convoke.Generator.Tests;

/// <summary>What is wrong with the class that carries [Model].</summary>
public class ClassDiagnosticsTests
{
    private const string Layers = "using Convoke;\n[Model(8, 8, 1), Flatten, Dense(2)]\n";

    [Fact]
    public Task A_good_model_has_no_diagnostic() => Markup.Expect(Models.Mnist);

    [Fact]
    public Task A_class_without_Model_is_nobodys_business() => Markup.Expect("using Convoke; [Dense(0)] class M;");

    [Fact]
    public Task Not_partial() =>
        Markup.Expect(Layers + "public class {|CVK0001:M|};", "M must be declared partial, so that its generated half can be added");

    [Theory]
    [InlineData("class Outer { [Model(8, 8, 1), Flatten, Dense(2)] partial class {|CVK0008:M|}; }", "is nested in Outer")]
    [InlineData("[Model(8, 8, 1), Flatten, Dense(2)] partial class {|CVK0008:M|}<T>;", "is generic")]
    [InlineData("[Model(8, 8, 1), Flatten, Dense(2)] static partial class {|CVK0008:M|};", "is static")]
    [InlineData("[Model(8, 8, 1), Flatten, Dense(2)] abstract partial class {|CVK0008:M|};", "is abstract")]
    [InlineData("[Model(8, 8, 1), Flatten, Dense(2)] partial record {|CVK0008:M|};", "is a record")]
    [InlineData("[Model(8, 8, 1), Flatten, Dense(2)] file partial class {|CVK0008:M|};", "is local to a file, where generated code cannot add to it")]
    [InlineData("class B; [Model(8, 8, 1), Flatten, Dense(2)] partial class {|CVK0008:M|} : B;", "derives from B")]
    [InlineData("[Model(8, 8, 1), Flatten, Dense(2)] partial class {|CVK0008:M|} : Other.Model; namespace Other { class Model; }", "derives from Model")]
    [InlineData("[Model(8, 8, 1), Flatten, Dense(2)] partial class {|CVK0008:Plan|};", "has the name of a member that is generated into it", "Plan")]
    public async Task Not_a_class_of_its_own(string source, string reason, string name = "M")
    {
        await Markup.Expect("using Convoke;\n" + source, $"{name} cannot be a model because it {reason}; a model is a top-level class of its own");

        // Whatever is generated into such a class is a declaration error, which would keep the message above from being seen.
        Assert.Empty(Harness.OfModels(Harness.Driver().RunGenerators(Harness.Compile("using Convoke;\n" + Markup.Read(source).Text)).GetRunResult()));
    }

    [Fact]
    public Task The_model_base_and_interfaces_may_be_written_down() =>
        Markup.Expect(Layers + "public partial class M : Model, System.ICloneable { public object Clone() => this; }");

    [Fact]
    public async Task Unsafe_blocks_must_be_allowed()
    {
        (string text, var marks) = Markup.Read(Layers + "partial class {|CVK0007:M|};");
        CSharpCompilation compilation = Harness.Compile(text);
        var found = Assert.Single(await Harness.Analyze(compilation.WithOptions(compilation.Options.WithAllowUnsafe(false))));
        Assert.Equal(Assert.Single(marks), (found.Id, found.Location.SourceSpan));
    }

    [Fact]
    public Task No_layers() => Markup.Expect(
        "using Convoke;\n[Model(8, 8, 1)] partial class {|CVK0009:M|};",
        "M has no layers; put them below [Model], such as [Flatten] and [Dense(10)]");

    [Fact]
    public Task Layers_on_two_declarations() => Markup.Expect(
        [
            ("a.cs", "using Convoke;\n[{|CVK0002:Dense(2)|}, Dense(3)] partial class M;"),
            ("b.cs", "using Convoke;\n[Model(8, 8, 1), Flatten] partial class M;"),
        ],
        "The layers of M must all stand on one declaration: C# leaves the order across partial declarations open");

    [Fact]
    public Task Layers_may_stand_away_from_Model_and_training_may_stand_anywhere() => Markup.Expect(
        [
            ("a.cs", "using Convoke;\n[Flatten, Dense(3, Activation = Activation.Softmax)] partial class M;"),
            ("b.cs", "using Convoke;\n[Model(8, 8, 1), Adam] partial class M;"),
            ("c.cs", "using Convoke;\n[SparseCategoricalCrossentropy] partial class M;"),
        ]);
}
