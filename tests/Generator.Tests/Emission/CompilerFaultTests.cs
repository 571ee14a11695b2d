using System.Reflection;
using Convoke.Kernels;
using Convoke.Kernels.Models;

namespace Convoke.Generator.Tests;

/// <summary>A failure of the compiler of networks is one message, and the class stays whole. No model is known that makes it fail, hence the way in by reflection.</summary>
public class CompilerFaultTests
{
    private static readonly ModelSpec Spec = new(
        null, "Net", "public", new InputSpec(8, 8, 1, ImageLayout.ChannelsLast), Preset.Keras,
        [new(new FlattenSpec("flatten"), [CallSpec.ModelInput]), new(new DenseSpec("dense", 2, ActivationKind.None, true, null), [0])], [], null, Accuracy: false);

    [Fact]
    public void A_failure_becomes_a_message_and_a_skeleton()
    {
        object output = Compile(static _ => throw new InvalidOperationException("a buffer has no place"));
        Assert.Null(Property(output, "Network"));
        Assert.Equal("InvalidOperationException: a buffer has no place", Property(output, "Fault"));
        Assert.Contains("partial class Net", (string)Method("PartialClassWriter", "Write").Invoke(null, [output])!, StringComparison.Ordinal);
    }

    /// <summary>Whoever cancels wants to hear of it.</summary>
    [Fact]
    public void Cancellation_is_no_failure() =>
        Assert.IsType<OperationCanceledException>(Assert.Throws<TargetInvocationException>(static () => Compile(static _ => throw new OperationCanceledException())).InnerException);

    private static object Compile(Func<ModelSpec, CompiledModel> compiler)
    {
        ConstructorInfo reading = Type("ModelReading").GetConstructors().Single();
        object methods = Activator.CreateInstance(reading.GetParameters()[3].ParameterType)!;
        return Method("ConvokeGenerator", "Compile").Invoke(null, [reading.Invoke([null, "Net", Spec, methods]), compiler, CancellationToken.None])!;
    }

    private static Type Type(string name) => typeof(ConvokeGenerator).Assembly.GetType("Convoke.Generator." + name, throwOnError: true)!;

    private static MethodInfo Method(string type, string name) => Type(type).GetMethod(name, BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic)!;

    private static object? Property(object of, string name) => of.GetType().GetProperty(name)!.GetValue(of);
}
