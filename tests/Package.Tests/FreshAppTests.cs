using System.Globalization;

namespace Convoke.Package.Tests;

/// <summary>A program with nothing but the SDK and the package.</summary>
[Collection(nameof(PackedConvoke))]
public class FreshAppTests(PackedConvoke convoke)
{
    private const string Stripes = """
        using Convoke;
        using System.Globalization;

        // Class 0 is bright in its upper half, class 1 in its lower half.
        float[] images = new float[16 * 64];
        int[] labels = new int[16];
        for (int n = 0; n < 16; n++)
        {
            labels[n] = n % 2;
            for (int i = 0; i < 32; i++) images[n * 64 + labels[n] * 32 + i] = 0.5f + 0.02f * n;
        }

        using HalvesNet net = HalvesNet.Create(seed: 7);
        double first = net.TrainStep(images, labels).Loss, last = first;
        for (int step = 0; step < 60; step++) last = net.TrainStep(images, labels).Loss;
        int[] classes = new int[16];
        net.PredictClasses(images, classes);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"loss {first} {last}"));
        Console.WriteLine($"classes {string.Join(' ', classes)}");
        Console.WriteLine(HalvesNet.Summary);

        [Model(8, 8, 1)]
        [Conv2D(4, 3, Activation = Activation.Relu), MaxPool2D(2), Flatten]
        [Dense(2, Activation = Activation.Softmax)]
        [Adam(0.01), SparseCategoricalCrossentropy, Accuracy]
        public partial class HalvesNet;
        """;

    [Fact]
    public async Task Restores_builds_without_a_warning_trains_and_predicts()
    {
        string app = convoke.CreateApp("Halves", Stripes);
        CommandResult build = (await DotNet.Run(app, "build", "-c", "Release", "-nologo")).Succeeded();
        Assert.Contains("0 Warning(s)", build.Output, StringComparison.Ordinal);

        string[] lines = (await DotNet.Run(app, "run", "-c", "Release", "--no-build")).Succeeded().Output.Split('\n');
        double[] losses = [.. lines[0].Split(' ')[1..].Select(static t => double.Parse(t, CultureInfo.InvariantCulture))];
        Assert.InRange(losses[0], 0.3, 1.5);                     // ln 2 = 0.69 before anything is learned
        Assert.InRange(losses[1], 0, 0.1 * losses[0]);
        Assert.Equal("classes 0 1 0 1 0 1 0 1 0 1 0 1 0 1 0 1", lines[1]);
        Assert.Equal("Model: HalvesNet", lines[2]);
    }

    [Fact]
    public async Task The_program_of_the_readme_builds() =>
        (await DotNet.Run(convoke.CreateApp("Readme", ReadmeProgram()), "build", "-nologo")).Succeeded();

    [Fact]
    public async Task A_wrong_model_fails_with_the_diagnostic_of_the_readme_and_nothing_else()
    {
        (string wrong, string[] shown) = Readme.Block("diagnostic: ");
        string app = convoke.CreateApp("Wrong", ReadmeProgram().Replace("[Dense(10, Activation = Activation.Softmax)]", wrong, StringComparison.Ordinal));
        CommandResult build = await DotNet.Run(app, "build", "-nologo");
        Assert.NotEqual(0, build.ExitCode);
        IEnumerable<string> errors = build.Output.Split('\n').Where(static line => line.Contains(": error ", StringComparison.Ordinal))
            .Select(line => line.Replace(app + Path.DirectorySeparatorChar, "", StringComparison.Ordinal)).Select(static line => line[..line.LastIndexOf(" (", StringComparison.Ordinal)]);
        Assert.Equal(string.Join(' ', shown), Assert.Single(errors.Distinct()));
    }

    [Fact]
    public async Task NativeAOT_for_x64_warns_unless_an_instruction_set_is_named()
    {
        string app = convoke.CreateApp("Aot", Stripes);
        (await DotNet.Run(app, "restore")).Succeeded();
        Assert.True(await Warns("linux-x64", ""));
        Assert.True(await Warns("win-x64", ""));
        Assert.False(await Warns("linux-x64", "x86-64-v3"));
        Assert.False(await Warns("linux-arm64", ""));

        async Task<bool> Warns(string runtime, string instructionSet) =>
            (await DotNet.Run(app, "msbuild", "-nologo", "-t:ConvokeCheckInstructionSet", "-p:PublishAot=true", $"-p:RuntimeIdentifier={runtime}", $"-p:IlcInstructionSet={instructionSet}"))
            .Succeeded().Output.Contains("warning CVKAOT: PublishAot compiles for x64 machines without AVX", StringComparison.Ordinal);
    }

    private static string ReadmeProgram() =>
        $"using Convoke;\n\n{string.Join('\n', Readme.Block("program: use").Lines)}\n\n{string.Join('\n', Readme.Block("program: class").Lines)}\n\n{string.Join('\n', Readme.Block("program: forward").Lines)}\n\n{string.Join('\n', Readme.Block("program: outputs").Lines)}\n";
}
