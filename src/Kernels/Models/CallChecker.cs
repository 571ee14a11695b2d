using Convoke.Kernels.Types;

namespace Convoke.Kernels.Models;

/// <summary>The shape rule of one call whose inputs are known; one method for each kind of layer.</summary>
internal sealed class CallChecker(ModelSpec spec, int call, CheckedValues values, List<SpecProblem> problems)
{
    private readonly LayerSpec _layer = spec.Calls[call].Layer;
    private readonly EquatableArray<int> _inputs = spec.Calls[call].Inputs;

    private int Source => _inputs[0];

    private string After => values.NameOf(Source);

    private Shape X => values.ShapeOf(Source);

    /// <summary>Sets the call's value, or names its fault.</summary>
    public void Check()
    {
        Shape? result = _layer switch
        {
            Conv2DSpec or MaxPool2DSpec or AveragePool2DSpec or GlobalPool2DSpec or UpsampleSpec when !X.IsImage => Fault("CVK0104", null, _layer.Name, X.Text, After),
            Conv2DSpec conv => Convolve(conv),
            MaxPool2DSpec { IsTiling: true } pool when pool.PoolHeight * pool.PoolWidth > 255 => Unsupported("size", "a pooling window of more than 255 elements"),
            MaxPool2DSpec pool => Pool(pool.WindowOn(X[0], X[1])),
            AveragePool2DSpec pool => Pool(pool.WindowOn(X[0], X[1])),
            GlobalPool2DSpec => Shape.Flat(X[2]),
            UpsampleSpec up => Sized((long)X.Count * up.Height * up.Width, 0, () => Shape.Image(X[0] * up.Height, X[1] * up.Width, X[2])),
            FlattenSpec => Shape.Flat(X.Count),
            DenseSpec dense => Multiply(dense),
            BatchNormSpec when values.FlattenedImageOf(Source) is not null => Unsupported(null, "batch normalization of a flattened image; put it before [Flatten]"),
            SoftmaxSpec or ActivationSpec { Kind: ActivationKind.LogSoftmax } when values.FlattenedImageOf(Source) is not null => Unsupported("Activation", "a softmax of a flattened image"),
            BatchNormSpec or ReluSpec or SoftmaxSpec or ActivationSpec or DropoutSpec => X,
            AddSpec => Combine("adds", "to", "adding"),
            MultiplySpec => Combine("multiplies", "by", "multiplying"),
            ConcatSpec => Join(),
            _ => Unsupported(null, $"a layer of kind {_layer.GetType().Name}"),
        };
        if (result is not null) values.Set(call, result, FlattenedImage());
    }

    /// <summary>What stays an image in memory although it is flat: flattening, and what works element by element behind it, move nothing.</summary>
    private Shape? FlattenedImage() => _layer switch
    {
        FlattenSpec when X.IsImage => X[0] * X[1] > 1 ? X : null,
        FlattenSpec or ReluSpec or ActivationSpec or DropoutSpec or AddSpec or MultiplySpec => values.FlattenedImageOf(Source),
        _ => null,
    };

    private Shape? Convolve(Conv2DSpec conv)
    {
        Window window = conv.WindowOn(X[0], X[1]);
        int rows = window.Rows(X[0]), columns = window.Columns(X[1]);
        return rows == 0 || columns == 0
            ? TooSmall(window, "kernel")
            : Sized((long)rows * columns * conv.Filters, (long)conv.KernelHeight * conv.KernelWidth * X[2] * conv.Filters, () => Shape.Image(rows, columns, conv.Filters));
    }

    private Shape? Pool(Window window)
    {
        int rows = window.Rows(X[0]), columns = window.Columns(X[1]);
        if (rows == 0 || columns == 0) return TooSmall(window, "size");
        int lostRows = Lost(X[0], window.Top, rows, window.StrideHeight, window.Height), lostColumns = Lost(X[1], window.Left, columns, window.StrideWidth, window.Width);
        if (lostRows > 0 || lostColumns > 0) Fault("CVK0105", "size", _layer.Name, Dropped(lostRows, lostColumns), values.Text(X), After);
        return Shape.Image(rows, columns, X[2]);

        static int Lost(int extent, int before, int windows, int stride, int size) => Math.Max(0, extent + before - ((windows - 1) * stride) - size);
    }

    private Shape? TooSmall(Window window, string argument) => Fault("CVK0101", argument, _layer.Name,
        CheckedValues.Pair(Math.Max(1, window.Height - window.Top - window.Bottom), Math.Max(1, window.Width - window.Left - window.Right)), values.Text(X), After);

    private Shape? Multiply(DenseSpec dense)
    {
        if (!X.IsFlat) return Fault("CVK0103", null, dense.Name, values.Text(X), After);
        if (dense.In is not { } expected || expected == X.Count) return Sized(dense.Units, (long)X.Count * dense.Units, () => Shape.Flat(dense.Units));
        (string received, string origin) = values.Unflattened(Source);
        return Fault("CVK0102", "In", dense.Name, CheckedValues.Number(expected), received, CheckedValues.Number(X.Count), origin);
    }

    private Shape? Combine(string verb, string preposition, string gerund)
    {
        int other = _inputs[1];
        if (X != values.ShapeOf(other)) return Disagree(verb, preposition, other, "both must have one shape");
        return values.FlattenedImageOf(Source) == values.FlattenedImageOf(other) ? X
            : Unsupported(null, gerund + " a flattened image and what is no flattened image of the same shape; do it before Flatten");
    }

    private Shape? Join()
    {
        long length = 0;
        foreach (int input in _inputs)
        {
            Shape part = values.ShapeOf(input);
            if (part.Rank != X.Rank || (X.IsImage && (part[0] != X[0] || part[1] != X[1])))
                return Disagree("joins", "with", input, X.IsImage && part.IsImage ? "heights and widths must be equal" : "all must be images, or all flat");
            if (values.FlattenedImageOf(input) is not null) return Unsupported(null, "joining flattened images; do it before Flatten");
            length += part[part.Rank - 1];
        }
        long elements = X.IsImage ? X[0] * X[1] * length : length;
        return Sized(elements, 0, () => X.IsImage ? Shape.Image(X[0], X[1], (int)length) : Shape.Flat((int)length));
    }

    private Shape? Disagree(string verb, string preposition, int other, string rule) => Fault(
        "CVK0107", null, $"{values.TitleOf(call)} {verb} {values.WithOrigin(Source)} {preposition} {values.WithOrigin(other)}", rule);

    private Shape? Sized(long elements, long weights, Func<Shape> shape) => Math.Max(elements, weights) > ModelChecker.MaxElements
        ? Fault("CVK0301", null, _layer.Name, CheckedValues.Elements(Math.Max(elements, weights)), CheckedValues.Elements(ModelChecker.MaxElements))
        : shape();

    private Shape? Unsupported(string? argument, string reason) => Fault("CVK0201", argument, values.TitleOf(call), reason);

    private Shape? Fault(string id, string? argument, params string[] arguments)
    {
        problems.Add(new(id, call, argument, new(arguments)));
        return null;
    }

    private static string Dropped(int rows, int columns)
    {
        string r = rows == 0 ? "" : rows == 1 ? "the last row" : $"the last {CheckedValues.Number(rows)} rows";
        string c = columns == 0 ? "" : columns == 1 ? "the last column" : $"the last {CheckedValues.Number(columns)} columns";
        return r.Length > 0 && c.Length > 0 ? r + " and " + c : r + c;
    }
}
