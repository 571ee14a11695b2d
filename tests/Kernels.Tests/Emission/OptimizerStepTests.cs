using Convoke.Kernels.KernelIr;
using Convoke.Kernels.Models;

namespace Convoke.Kernels.Tests.Emission;

/// <summary>The optimizers' pointwise code, evaluated in double over several steps, against the formulas as frameworks document them.</summary>
public class OptimizerStepTests
{
    private const int Steps = 5;

    private static readonly double[] Gradients = [0.5, -0.25, 0.125, 1e-9, -2];

    /// <summary>torch.optim.SGD: b = momentum b + g, the first time b = g; w -= rate b, or rate (g + momentum b).</summary>
    [Theory, InlineData(0, false), InlineData(0.9, false), InlineData(0.9, true)]
    public void Gradient_descent_is_PyTorchs(double momentum, bool nesterov)
    {
        double w = 1, buffer = 0;
        foreach (double g in Gradients)
        {
            buffer = (momentum * buffer) + g;
            w -= 0.1 * (momentum == 0 ? g : nesterov ? g + (momentum * buffer) : buffer);
        }

        Assert.Equal(w, Run(new SgdSpec(0.1, momentum, nesterov), static (_, _) => (0.1, 1)), 1e-12);
    }

    /// <summary>keras.optimizers.SGD: v = momentum v - rate g; w += v, or w += momentum v - rate g.</summary>
    [Theory, InlineData(false), InlineData(true)]
    public void Gradient_descent_with_a_constant_rate_is_Kerass(bool nesterov)
    {
        double w = 1, velocity = 0;
        foreach (double g in Gradients)
        {
            velocity = (0.9 * velocity) - (0.1 * g);
            w += nesterov ? (0.9 * velocity) - (0.1 * g) : velocity;
        }

        Assert.Equal(w, Run(new SgdSpec(0.1, 0.9, nesterov), static (_, _) => (0.1, 1)), 1e-12);
    }

    /// <summary>torch.optim.AdamW: p *= 1 - rate decay; then Adam with epsilon behind the correction. Keras subtracts rate decay p, which is the same.</summary>
    [Theory]
    [InlineData(EpsilonForm.BeforeCorrection, 0)]
    [InlineData(EpsilonForm.AfterCorrection, 0)]
    [InlineData(EpsilonForm.BeforeCorrection, 0.004)]
    [InlineData(EpsilonForm.AfterCorrection, 0.5)]
    public void Adam_is_the_papers(EpsilonForm form, double decay)
    {
        double w = 1, m = 0, v = 0;
        for (int t = 1; t <= Steps; t++)
        {
            double g = Gradients[t - 1];
            w *= 1 - (0.1 * decay);
            m = (0.9 * m) + (0.1 * g);
            v = (0.999 * v) + (0.001 * g * g);
            double correction1 = 1 - Math.Pow(0.9, t), correction2 = 1 - Math.Pow(0.999, t);
            w -= form == EpsilonForm.BeforeCorrection
                ? 0.1 * Math.Sqrt(correction2) / correction1 * m / (Math.Sqrt(v) + 1e-7)
                : 0.1 / correction1 * m / (Math.Sqrt(v / correction2) + 1e-7);
        }

        Assert.Equal(w, Run(new AdamSpec(0.1, 0.9, 0.999, 1e-7, form, decay), (t, _) => form == EpsilonForm.BeforeCorrection
            ? (0.1 * Math.Sqrt(1 - Math.Pow(0.999, t)) / (1 - Math.Pow(0.9, t)), 1)
            : (0.1 / (1 - Math.Pow(0.9, t)), 1 / Math.Sqrt(1 - Math.Pow(0.999, t)))), 1e-12);
    }

    private static double Run(OptimizerSpec optimizer, Func<int, OptimizerSpec, (double Rate, double Scale)> clock)
    {
        Pointwise step = OptimizerStep.Of(optimizer);
        var values = new Dictionary<string, double> { ["w"] = 1, ["m"] = 0, ["v"] = 0 };
        foreach (NamedConstant constant in step.Constants) values[constant.Name] = constant.Value;
        for (int t = 1; t <= Steps; t++)
        {
            (values["rate"], values["scale"]) = clock(t, optimizer);
            values["g"] = Gradients[t - 1];
            foreach (Assignment assignment in step.Body) values[assignment.Target] = Evaluate(assignment.Value, values);
        }

        return values["w"];
    }

    private static double Evaluate(Expression expression, Dictionary<string, double> values)
    {
        double Of(Expression e) => Evaluate(e, values);
        return expression switch
        {
            Expression.Variable e => values[e.Name],
            Expression.Constant e => values[e.Name],
            Expression.Subtract e => Of(e.Left) - Of(e.Right),
            Expression.Multiply e => Of(e.Left) * Of(e.Right),
            Expression.Divide e => Of(e.Left) / Of(e.Right),
            Expression.MultiplyAdd e => (Of(e.Left) * Of(e.Right)) + Of(e.Addend),
            Expression.SquareRoot e => Math.Sqrt(Of(e.Operand)),
            Expression.Flush e => Math.Abs(Of(e.Operand)) < Of(e.Limit) ? 0 : Of(e.Operand),
            _ => throw new NotSupportedException(expression.GetType().Name),
        };
    }
}
