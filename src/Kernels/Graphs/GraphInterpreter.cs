using Convoke.Kernels.Models;

namespace Convoke.Kernels.Graphs;

/// <summary>The definition of every op: plain loops in double over dense arrays, batch axis first. Slow, and right.</summary>
public static partial class GraphInterpreter
{
    /// <summary>Evaluates all values of <paramref name="graph"/> for <paramref name="n"/> samples.</summary>
    /// <param name="graph">Forward or training graph. <see cref="Op.Update"/> yields the gradient step of plain SGD, or of Adam's first step from zero moments.</param>
    /// <param name="n">Samples.</param>
    /// <param name="input">[N,sample]: of each sample all inputs one behind the other, images as [H,W,C].</param>
    /// <param name="targets">Of the loss on the output of an index: class indices [N], or values of the output's shape; null where the graph has no loss.</param>
    /// <param name="parameter">A parameter's or running statistic's elements, row-major in its graph shape (RSCK, IO, K).</param>
    /// <param name="keeps">Whether dropout keeps an element (row-major in its value's shape) of a sample; null keeps all.</param>
    /// <param name="operand">What the product that yields a value makes of each of its factors before it multiplies, such as a rounding, by the factor's place among its inputs; null leaves them as they are.</param>
    public static double[][] Run(Graph graph, int n, double[] input, Func<int, double[]>? targets, Func<string, double[]> parameter, KeepsElement? keeps = null, Func<Value, int, double, double>? operand = null)
    {
        var results = new double[graph.Values.Count][];
        foreach (Value value in graph.Values) results[value.Id] = Evaluate(graph, value, n, results, input, targets, parameter, keeps ?? (static (_, _, _) => true), operand ?? (static (_, _, x) => x));
        return results;
    }

    /// <summary>Whether the dropout <paramref name="y"/> keeps element <paramref name="element"/> of sample <paramref name="sample"/> of the batch.</summary>
    public delegate bool KeepsElement(Value y, int sample, int element);

    private static double[] InputOf(double[] samples, InputPlace place, int n, int count)
    {
        if (place.IsOnly(count)) return samples;
        var input = new double[n * count];
        for (int i = 0; i < n; i++) Array.Copy(samples, (i * place.Sample) + place.Offset, input, i * count, count);
        return input;
    }

    private static double[] Evaluate(Graph graph, Value y, int n, double[][] results, double[] input, Func<int, double[]>? targets, Func<string, double[]> parameter, KeepsElement keeps, Func<Value, int, double, double> rounded)
    {
        double[] X(int operand) => results[y.Inputs[operand]];
        double[] Factor(int operand) => Map(X(operand), (x, _) => rounded(y, operand, x));
        Value V(int operand) => graph[y.Inputs[operand]];
        return y.Op switch
        {
            Op.Input i => InputOf(Sized(input, n * i.Place.Sample, y), i.Place, n, y.Shape.Count),
            Op.Target t => Sized((targets ?? throw new ArgumentNullException(nameof(targets)))(t.Output), n * y.Shape.Count, y),
            Op.Parameter p => Sized(parameter(p.Name), y.Shape.Count, y),
            Op.State p => Sized(parameter(p.Name), y.Shape.Count, y),
            Op.Import => X(0),
            Op.Conv2D conv => Convolution.Fprop(n, Factor(0), V(0).Shape, Factor(1), V(1).Shape, conv.Window),
            Op.ConvDgrad conv => Convolution.Dgrad(n, Factor(0), Factor(1), V(1).Shape, y.Shape, conv.Window),
            Op.ConvWgrad conv => Convolution.Wgrad(n, Factor(0), V(0).Shape, Factor(1), y.Shape, conv.Window),
            Op.Activation f => Map(X(0), (x, _) => Activations.Value(f.Kind, f.Slope, x)),
            Op.ActivationGrad f => Map(X(0), (dy, i) => dy * Activations.Derivative(f.Kind, f.Slope, X(1)[i])),
            Op.Add => Map(X(0), (a, i) => a + X(1)[i]),
            Op.Multiply => Map(X(0), (a, i) => a * X(1)[i]),
            Op.Concat => Concat(X, y, graph),
            Op.Slice slice => Map(new double[n * y.Shape.Count], (_, i) => X(0)[(i / slice.Count * Channels(V(0))) + slice.From + (i % slice.Count)]),
            Op.Upsample up => Map(new double[n * y.Shape.Count], (_, i) => X(0)[Shrunk(i, y.Shape, up.Height, up.Width)]),
            Op.UpsampleGrad up => Scatter(X(0), n * y.Shape.Count, i => Shrunk(i, V(0).Shape, up.Height, up.Width)),
            Op.Dropout drop => Map(X(0), (x, i) => keeps(y, i / y.Shape.Count, i % y.Shape.Count) ? x / (1 - drop.Rate) : 0),
            Op.BatchMoments => Moments(X(0), Channels(V(0))),
            Op.BatchNorm norm => Map(X(0), (x, i) => Normalized(x, X(1)[i % Channels(y)], X(1)[Channels(y) + (i % Channels(y))], X(2)[i % Channels(y)], X(3)[i % Channels(y)], norm.Epsilon)),
            Op.Normalize norm => Map(X(0), (x, i) => Normalized(x, X(1)[i % Channels(y)], X(2)[i % Channels(y)], X(3)[i % Channels(y)], X(4)[i % Channels(y)], norm.Epsilon)),
            Op.BatchNormSums norm => NormSums(X(0), X(1), X(2), Channels(V(0)), norm.Epsilon),
            Op.BatchNormGrad norm => NormGrad(X(0), X(1), X(2), X(3), X(4), Channels(y), norm.Epsilon),
            Op.Row row => X(0).AsSpan(row.Index * y.Shape.Count, y.Shape.Count).ToArray(),
            Op.RunningMean running => Map(X(0), (v, k) => v + (running.Gain * (X(1)[k] - v))),
            Op.RunningVariance running => Map(X(0), (v, k) => v + (running.Gain * (Estimate(X(1)[X(0).Length + k], running.Unbiased, n * running.Pixels) - v))),
            Op.FoldedKernel fold => Map(X(0), (w, i) => w * X(2)[i % X(2).Length] / Math.Sqrt(X(1)[i % X(1).Length] + fold.Epsilon)),
            Op.FoldedBias fold => Map(X(0), (mean, k) => Normalized(y.Inputs.Count > 4 ? X(4)[k] : 0, mean, X(1)[k], X(2)[k], X(3)[k], fold.Epsilon)),
            Op.LogSoftmax => Rows(X(0), Channels(y), static z => Map(Softmax(z), static (p, _) => Math.Log(p))),
            Op.Pool2D p => WindowPool(n, X(0), V(0).Shape, y.Shape, p),
            Op.Pool2DArg p => WindowArg(n, X(0), V(0).Shape, y.Shape, p.Window),
            Op.Pool2DGrad p => WindowUnpool(n, X(0), p.Kind == PoolKind.Max ? X(1) : null, V(0).Shape, y.Shape, p),
            Op.BiasAdd => Map(X(0), (x, i) => x + X(1)[i % X(1).Length]),
            Op.BiasGrad => SumRows(X(0), y.Shape.Count),
            Op.Relu => Map(X(0), static (x, _) => x > 0 || double.IsNaN(x) ? x : 0),
            Op.ReluGrad => Map(X(0), (dy, i) => X(1)[i] > 0 ? dy : 0),
            Op.Softmax => Rows(X(0), Channels(y), Softmax),
            Op.MaxPool2D p => Pool(n, X(0), V(0).Shape, p.PoolHeight, p.PoolWidth, static (value, _) => value),
            Op.MaxPoolArg p => Pool(n, X(0), V(0).Shape, p.PoolHeight, p.PoolWidth, static (_, arg) => arg),
            Op.MaxPoolGrad p => Unpool(n, X(0), X(1), V(0).Shape, y.Shape, p.PoolHeight, p.PoolWidth),
            Op.Flatten f => Permute(n, X(0), V(0).Shape, f.Order, inverse: false),
            Op.Unflatten f => Permute(n, X(0), y.Shape, f.Order, inverse: true),
            Op.Dense => MatMul(Factor(0), Factor(1), n, V(1).Shape[0], V(1).Shape[1]),
            Op.DenseDgrad => MatMul(Factor(0), Transpose(Factor(1), V(1).Shape[0], V(1).Shape[1]), n, V(1).Shape[1], V(1).Shape[0]),
            Op.DenseWgrad => MatMul(Transpose(Factor(0), n, y.Shape[0]), Factor(1), y.Shape[0], n, y.Shape[1]),
            Op.CrossEntropy => PerSample(n, V(0), i => -Dot(TargetRow(X(1), i, Channels(V(0)), V(1)), Map(Row(X(0), i, Channels(V(0))), static (p, _) => Math.Log(p)))),
            Op.SoftmaxCrossEntropy => PerSample(n, V(0), i => CrossEntropy(Row(X(0), i, Channels(V(0))), TargetRow(X(1), i, Channels(V(0)), V(1)))),
            Op.SoftmaxCrossEntropyGrad loss => Map(CrossEntropyGrad(n * Pixels(y), X(0), Channels(y), X(1), V(1)), (dz, _) => loss.Weight * dz),
            Op.ElementLoss loss => Map(new double[n], (_, i) => Row(X(0), i, V(0).Shape.Count).Zip(Row(X(1), i, V(0).Shape.Count), (a, t) => ElementLosses.Value(loss.Kind, loss.Beta, a - t)).Average()),
            Op.ElementLossGrad loss => Map(X(0), (a, i) => loss.Weight / X(0).Length * ElementLosses.Derivative(loss.Kind, loss.Beta, a - X(1)[i])),
            Op.Correct => Map(PerSample(n, V(0), i => ArgMax(Row(X(0), i, Channels(V(0)))) == ArgMax(TargetRow(X(1), i, Channels(V(0)), V(1))) ? 1 : 0), (mean, _) => Math.Round(mean * Pixels(V(0)))),
            Op.Update u => Map(X(0), (w, i) => w - FirstStep(u.Optimizer, w, X(1)[i])),
            _ => throw new NotSupportedException($"{y.Op.Mnemonic} is not interpreted"),
        };
    }

    /// <summary>What the first optimizer step subtracts: moments start at zero, so that both corrections cancel the decays.</summary>
    /// <param name="optimizer">The optimizer.</param>
    /// <param name="w">The parameter.</param>
    /// <param name="g">The gradient.</param>
    public static double FirstStep(OptimizerSpec optimizer, double w, double g) => optimizer switch
    {
        SgdSpec sgd => sgd.LearningRate * (sgd.Nesterov ? g + (sgd.Momentum * g) : g),
        AdamSpec { Form: EpsilonForm.AfterCorrection } adam => adam.LearningRate * ((adam.WeightDecay * w) + (g / (Math.Abs(g) + adam.Epsilon))),
        AdamSpec adam => adam.LearningRate * ((adam.WeightDecay * w) + (g / (Math.Abs(g) + (adam.Epsilon / Math.Sqrt(1 - adam.Beta2))))),
        _ => throw new NotSupportedException(optimizer.GetType().Name),
    };

    private static double[] Sized(double[] data, int count, Value y) =>
        data.Length == count ? data : throw new ArgumentException($"{y.Name} takes {count} elements, got {data.Length}");

    private static double[] Map(double[] x, Func<double, int, double> f)
    {
        var y = new double[x.Length];
        for (int i = 0; i < y.Length; i++) y[i] = f(x[i], i);
        return y;
    }

    /// <summary>Extent of the last axis: classes, channels, features.</summary>
    private static int Channels(Value value) => value.Shape[value.Shape.Rank - 1];

    /// <summary>Rows of classes in a sample: 1, or the pixels of a map.</summary>
    private static int Pixels(Value value) => value.Shape.Count / Channels(value);

    /// <summary>Of each sample the mean over its rows.</summary>
    private static double[] PerSample(int n, Value rows, Func<int, double> f)
    {
        int pixels = Pixels(rows);
        var y = new double[n];
        for (int i = 0; i < n * pixels; i++) y[i / pixels] += f(i) / pixels;
        return y;
    }

    private static double[] Row(double[] x, int row, int length) => x.AsSpan(row * length, length).ToArray();

    private static double[] Rows(double[] x, int length, Func<double[], double[]> f)
    {
        var y = new double[x.Length];
        for (int row = 0; row < x.Length / length; row++) f(Row(x, row, length)).CopyTo(y, row * length);
        return y;
    }

    private static double[] SumRows(double[] x, int length)
    {
        var y = new double[length];
        for (int i = 0; i < x.Length; i++) y[i % length] += x[i];
        return y;
    }

    private static double Dot(double[] a, double[] b)
    {
        double sum = 0;
        for (int i = 0; i < a.Length; i++) if (a[i] != 0) sum += a[i] * b[i];
        return sum;
    }

    private static int ArgMax(double[] x)
    {
        int best = 0;
        for (int i = 1; i < x.Length; i++) if (x[i] > x[best]) best = i;
        return best;
    }

    /// <summary>Row i of the target: as given, or one-hot from a class index.</summary>
    private static double[] TargetRow(double[] target, int i, int classes, Value value)
    {
        if (value.Type == Types.DType.F32) return Row(target, i, classes);
        var row = new double[classes];
        row[(int)target[i]] = 1;
        return row;
    }

    private static double[] Softmax(double[] z)
    {
        double max = z.Max();
        double[] e = Map(z, (x, _) => Math.Exp(x - max));
        double sum = e.Sum();
        return Map(e, (x, _) => x / sum);
    }

    private static double CrossEntropy(double[] z, double[] t)
    {
        double max = z.Max();
        double log = max + Math.Log(z.Sum(x => Math.Exp(x - max)));
        return Dot(t, Map(z, (x, _) => log - x));
    }

    private static double[] CrossEntropyGrad(int n, double[] z, int classes, double[] target, Value targetValue)
    {
        var dz = new double[z.Length];
        for (int i = 0; i < n; i++)
        {
            double[] t = TargetRow(target, i, classes, targetValue);
            double mass = t.Sum();
            double[] p = Softmax(Row(z, i, classes));
            for (int j = 0; j < classes; j++) dz[(i * classes) + j] = ((p[j] * mass) - t[j]) / n;
        }

        return dz;
    }

    /// <summary>a[M,K] b[K,N].</summary>
    private static double[] MatMul(double[] a, double[] b, int rows, int inner, int columns)
    {
        var c = new double[rows * columns];
        for (int i = 0; i < rows; i++)
            for (int k = 0; k < inner; k++)
                for (int j = 0; j < columns; j++) c[(i * columns) + j] += a[(i * inner) + k] * b[(k * columns) + j];
        return c;
    }

    private static double[] Transpose(double[] a, int rows, int columns)
    {
        var t = new double[a.Length];
        for (int i = 0; i < rows; i++)
            for (int j = 0; j < columns; j++) t[(j * rows) + i] = a[(i * columns) + j];
        return t;
    }

    private static double[] Pool(int n, double[] x, Types.Shape s, int ph, int pw, Func<double, int, double> choose)
    {
        int rows = s[0] / ph, columns = s[1] / pw, channels = s[2];
        var y = new double[n * rows * columns * channels];
        for (int i = 0; i < y.Length; i++)
        {
            int c = i % channels, q = i / channels % columns, p = i / channels / columns % rows, sample = i / (channels * columns * rows);
            double best = 0;
            int arg = -1;
            for (int a = 0; a < ph * pw; a++)
            {
                double v = x[((((sample * s[0]) + (p * ph) + (a / pw)) * s[1]) + (q * pw) + (a % pw)) * channels + c];
                if (arg < 0 || v > best) (best, arg) = (v, a);
            }

            y[i] = choose(best, arg);
        }

        return y;
    }

    private static double[] Unpool(int n, double[] dy, double[] arg, Types.Shape s, Types.Shape full, int ph, int pw)
    {
        var dx = new double[n * full.Count];
        for (int i = 0; i < dy.Length; i++)
        {
            int c = i % s[2], q = i / s[2] % s[1], p = i / s[2] / s[1] % s[0], sample = i / s.Count, a = (int)arg[i];
            dx[((((sample * full[0]) + (p * ph) + (a / pw)) * full[1]) + (q * pw) + (a % pw)) * full[2] + c] = dy[i];
        }

        return dx;
    }

    private static double[] Permute(int n, double[] x, Types.Shape s, ImageLayout order, bool inverse)
    {
        if (order == ImageLayout.ChannelsLast) return x;
        var y = new double[x.Length];
        for (int i = 0; i < x.Length; i++)
        {
            int c = i % s[2], w = i / s[2] % s[1], h = i / s[2] / s[1] % s[0], sample = i / s.Count;
            int flat = (sample * s.Count) + (((c * s[0]) + h) * s[1]) + w;
            if (inverse) y[i] = x[flat]; else y[flat] = x[i];
        }

        return y;
    }
}
