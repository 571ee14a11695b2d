using Convoke.Kernels.Graphs;
using Convoke.Kernels.Types;

namespace Convoke.Kernels.Tests.Graphs;

public class GraphVerifierTests
{
    private static readonly Graph Good = GraphBuilder.Build(Tests.Models.A);

    [Fact]
    public void A_good_graph_passes() => Assert.Same(Good, GraphVerifier.Verify(Good, "test"));

    public static TheoryData<string, Func<Value, Value>> Faults { get; } = new()
    {
        { "stands at position", static v => v with { Id = 7 } },
        { "which is not before it", static v => v with { Inputs = [v.Id, v.Inputs[1]] } },
        { "has an empty axis", static v => v with { Shape = Shape.Image(0, 26, 32) } },
        { "takes 2 operands", static v => v with { Inputs = [0] } },
        { "does not fit its operands", static v => v with { Inputs = [v.Inputs[0], 0] } },
        { "should be F32 [N,26,26,32]", static v => v with { Shape = Shape.Image(26, 26, 31) } },
    };

    [Theory, MemberData(nameof(Faults))]
    public void A_fault_is_named_with_pass_and_value(string expected, Func<Value, Value> damage)
    {
        Value conv = Good.Values.Single(static v => v.Op is Op.Conv2D);
        Graph bad = Good with { Values = new([.. Good.Values.Select(v => v.Id == conv.Id ? damage(v) : v)]) };
        string message = Assert.Throws<InvalidOperationException>(() => GraphVerifier.Verify(bad, "some pass")).Message;
        Assert.StartsWith("after some pass: ", message, StringComparison.Ordinal);
        Assert.Contains(expected, message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_output_that_does_not_exist_is_a_fault() =>
        Assert.Throws<InvalidOperationException>(() => GraphVerifier.Verify(Good with { Outputs = [99] }, "test"));
}
