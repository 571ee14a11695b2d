using Convoke.Kernels.Emission;

namespace Convoke.Kernels.Tests.Emission;

/// <summary>Layers of equal shapes are one text; that it computes the same is <see cref="TopologyProgramTests"/>' business.</summary>
public class SharedMethodsTests
{
    [Fact]
    public void Places_become_parameters_and_all_else_stays() => Assert.Equal(
        """
            // conv.0
            //   shared with Conv1Update
            [MethodImpl(Hot)]
            private static void Conv0Update(StepContext step, int at0, int at1, int first)
            {
                float* from = step.Parameters + at0 + 4;
                Conv0Derive(step, at0, at1);
                Inner(from);
            }

            private static void Conv2Update(StepContext step, int first)
            {
                float* from = step.Parameters + 64 + 8;
                Conv0Derive(step, 64, 65);
                Inner(from);
            }

            //   shared with Conv1Derive, Conv2Derive
            private static void Conv0Derive(StepContext step, int at0, int at1) => Copy(step.Parameters + at0, step.Derived + at1);

            private static void Inner(float* x)
            {
            }

            public override void Update(StepContext step)
            {
                Conv0Update(step, 0, 1, 7);
                Conv0Update(step, 32, 33, 7);
                Conv2Update(step, 7);
            }
        """.ReplaceLineEndings("\n"),
        SharedMethods.Share("""
            // conv.0
            [MethodImpl(Hot)]
            private static void Conv0Update(StepContext step, int first)
            {
                float* from = step.Parameters + 0 + 4;
                Conv0Derive(step);
                Inner(from);
            }

            // conv.1
            [MethodImpl(Hot)]
            private static void Conv1Update(StepContext step, int first)
            {
                float* w = step.Parameters + 32 + 4;    // another name
                Conv1Derive(step);
                Inner(w);
            }

            private static void Conv2Update(StepContext step, int first)
            {
                float* from = step.Parameters + 64 + 8;
                Conv2Derive(step);
                Inner(from);
            }

            private static void Conv0Derive(StepContext step) => Copy(step.Parameters + 0, step.Derived + 1);

            private static void Conv1Derive(StepContext step) => Copy(step.Parameters + 32, step.Derived + 33);

            private static void Conv2Derive(StepContext step) => Copy(step.Parameters + 64, step.Derived + 65);

            private static void Inner(float* x)
            {
            }

            public override void Update(StepContext step)
            {
                Conv0Update(step, 7);
                Conv1Update(step, 7);
                Conv2Update(step, 7);
            }
        """.ReplaceLineEndings("\n"), longFile: 0));

    /// <summary>A size is what a kernel is compiled for, and never a parameter.</summary>
    [Fact]
    public void Methods_of_other_sizes_are_left_alone()
    {
        const string File = "    private static void A0(StepContext step)\n    {\n        for (int i = 0; i < 8; i++) Go(step.Batch + 1);\n    }\n\n    private static void A1(StepContext step)\n    {\n        for (int i = 0; i < 9; i++) Go(step.Batch + 2);\n    }\n";
        Assert.Equal(File, SharedMethods.Share(File, longFile: 0));
    }

    [Fact]
    public void In_short_files_only_the_two_uses_of_a_layer_share() => Assert.All(Compiler.Compile(Models.B).Cpu, static source =>
    {
        string[] lines = source.Text.Split('\n');
        var shared = lines.Index().Where(static line => line.Item.Contains("shared with", StringComparison.Ordinal)).ToList();
        Assert.NotEmpty(shared);
        Assert.All(shared, line =>
        {
            string twin = line.Item.Split(' ')[^1], kept = lines.Skip(line.Index).First(static next => next.Contains("static", StringComparison.Ordinal));
            Assert.Contains(twin.Replace("Predict", "Forward", StringComparison.Ordinal) + "(", kept, StringComparison.Ordinal);
            Assert.DoesNotContain(twin + "(", source.Text, StringComparison.Ordinal);
        });
    });

    /// <summary>Beyond the first blocks each is calls and places: fifty blocks of text would be megabytes.</summary>
    [Fact]
    public void A_block_more_is_little_text()
    {
        CompiledModel few = Compiler.Compile(ResidualChain.Of(40)), many = Compiler.Compile(ResidualChain.Of(50));
        Assert.All(few.Cpu.Zip(many.Cpu), static pair => Assert.InRange(pair.Second.Text.Length - pair.First.Text.Length, 0, 10 * 3_500));
        Assert.InRange(many.Cuda.Text.Length - few.Cuda.Text.Length, 0, 10 * 2_000);
        Assert.Equal(few.Cuda.Kernels.Count, many.Cuda.Kernels.Count);
    }
}
