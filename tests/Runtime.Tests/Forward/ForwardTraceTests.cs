using Convoke.Compiled;

namespace Convoke.Runtime.Tests.Forward;

/// <summary>Values of Forward outside of the generator: they record calls, and say what is wrong with one.</summary>
public class ForwardTraceTests
{
    private readonly ForwardTrace _trace = new();

    [Fact]
    public void Calls_are_recorded_with_what_they_read()
    {
        Sym x = _trace.Input, y = Ops.Relu(LayerCall.Record("conv1", x));
        Sym z = Ops.Concat(y + LayerCall.Record("block.", 3, y), y * y, x);
        Assert.Equal(
            ["conv1(input)", "relu(%0)", "block.3(%1)", "add(%1, %2)", "multiply(%1, %1)", "concat(%3, %4, input)"],
            _trace.Calls.Select(static call => call.ToString()));
        Assert.Equal((-1, 1, 5), (x.Call, y.Call, z.Call));
        Assert.Equal(("input", "relu(%0)"), (x.ToString(), y.ToString()));
        Assert.Same(_trace, z.Trace);
    }

    [Fact]
    public void Operations_are_recorded_with_their_numbers()
    {
        Sym x = _trace.Input;
        Ops.LogSoftmax(Ops.Tanh(Ops.Sigmoid(Ops.Silu(Ops.Gelu(Ops.LeakyRelu(Ops.LeakyRelu(x), 0.25))))));
        Ops.GlobalAveragePool(Ops.Upsample(Ops.Upsample(x, 2), 1, 3));
        Ops.GlobalMaxPool(x);
        Assert.Equal(
            ["leaky_relu(input, 0.01)", "leaky_relu(%0, 0.25)", "gelu(%1)", "silu(%2)", "sigmoid(%3)", "tanh(%4)", "log_softmax(%5)",
             "upsample(input, 2, 2)", "upsample(%7, 1, 3)", "global_average_pool(%8)", "global_max_pool(input)"],
            _trace.Calls.Select(static call => call.ToString()));
    }

    [Fact]
    public void Inputs_are_told_apart()
    {
        var trace = new ForwardTrace(inputs: 3);
        Ops.Concat(trace.Inputs[2], Ops.Relu(trace.Inputs[1]), trace.Input);
        Assert.Equal(["relu(input2)", "concat(input3, %0, input)"], trace.Calls.Select(static call => call.ToString()));
        Assert.Equal((-3, "input3"), (trace.Inputs[2].Call, trace.Inputs[2].ToString()));
        Assert.Same(trace.Inputs[0], trace.Input);
        Assert.Single(_trace.Inputs);
        Assert.Throws<ArgumentOutOfRangeException>(() => new ForwardTrace(0));
    }

    [Fact]
    public void Values_of_two_traces_do_not_mix() =>
        Assert.Contains("add mixes values of two traces", Assert.Throws<ArgumentException>(() => _trace.Input + new ForwardTrace().Input).Message, StringComparison.Ordinal);

    [Fact]
    public void What_is_missing_is_refused()
    {
        Assert.Throws<ArgumentNullException>(() => Ops.Relu(null!));
        Assert.Throws<ArgumentNullException>(() => Ops.Concat(_trace.Input, null!));
        Assert.Throws<ArgumentException>(() => Ops.Concat());
        Assert.Throws<ArgumentOutOfRangeException>(() => Ops.LeakyRelu(_trace.Input, double.NaN));
        Assert.Throws<ArgumentOutOfRangeException>(() => Ops.Upsample(_trace.Input, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => Ops.Upsample(_trace.Input, 1, 1025));
        Assert.Throws<ArgumentOutOfRangeException>(() => LayerCall.Record("block_", -1, _trace.Input));
        Assert.Empty(_trace.Calls);
    }
}
