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
    public void Values_of_two_traces_do_not_mix() =>
        Assert.Contains("add mixes values of two traces", Assert.Throws<ArgumentException>(() => _trace.Input + new ForwardTrace().Input).Message, StringComparison.Ordinal);

    [Fact]
    public void What_is_missing_is_refused()
    {
        Assert.Throws<ArgumentNullException>(() => Ops.Relu(null!));
        Assert.Throws<ArgumentNullException>(() => Ops.Concat(_trace.Input, null!));
        Assert.Throws<ArgumentException>(() => Ops.Concat());
        Assert.Throws<ArgumentOutOfRangeException>(() => LayerCall.Record("block_", -1, _trace.Input));
        Assert.Empty(_trace.Calls);
    }
}
