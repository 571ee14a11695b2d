using Convoke.Kernels.Scheduling;

namespace Convoke.Kernels.Cuda.TensorCores;

/// <summary>Which product a weight is an operand of.</summary>
public enum OperandUse
{
    ConvForward,

    /// <summary>A first layer's, whose reduction runs over taps and channels together.</summary>
    ConvSamples,
    ConvDgrad,
    DenseForward,
    DenseDgrad,
}

/// <summary>A weight's second form: the operands that tensor cores load, which whoever writes the weight writes too.</summary>
/// <param name="Parameter">Its name.</param>
/// <param name="Use">The product.</param>
/// <param name="Offset">First float in the area of derived layouts.</param>
/// <param name="Operands">The precision.</param>
/// <param name="Inputs">Stored input channels, or features.</param>
/// <param name="Outputs">Stored output channels, or units.</param>
/// <param name="Taps">Elements of the filter; 1 for a dense layer.</param>
public sealed record OperandCopy(string Parameter, OperandUse Use, int Offset, Operands Operands, int Inputs, int Outputs, int Taps)
{
    /// <summary>Rows of the filter.</summary>
    public int FilterRows { get; init; } = 1;

    public bool IsDense => Use is OperandUse.DenseForward or OperandUse.DenseDgrad;

    /// <summary>Floats of the operands, padding included.</summary>
    public int Floats => Use switch
    {
        OperandUse.ConvForward => Operands.ConvFloats(Outputs, Taps, Inputs),
        OperandUse.ConvSamples => Operands.ConvFloats(Outputs, 1, Reduction),
        OperandUse.ConvDgrad => Operands.ConvFloats(Inputs, Taps, Outputs),
        OperandUse.DenseForward => Operands.DenseFloats(Outputs, Inputs),
        _ => Operands.DenseFloats(Inputs, Outputs),
    };

    /// <summary>Emits what <see cref="Store"/> and <see cref="StoreElement"/> call.</summary>
    public void EmitHelpers(CudaWriter writer)
    {
        Operands.EmitSet(writer);
        if (IsDense) Operands.EmitDensePlace(writer);
        if (Use == OperandUse.DenseDgrad) Operands.EmitStore(writer);
        else Operands.EmitConvPlace(writer);
        if (Use is OperandUse.ConvForward or OperandUse.ConvSamples) Operands.EmitFpropColumn(writer);
        if (Use == OperandUse.ConvSamples) Operands.EmitSamplesPlace(writer);
    }

    /// <summary>Statement that stores the weight of output o and feature f of a dense layer.</summary>
    public string Store(string o, string f, string w) => Use == OperandUse.DenseForward
        ? $"set_operand(derived{Plus}, dense_operand({o}, {f}, {Operands.DenseSteps(Inputs)}), {w});"
        : $"set_operand(derived{Plus}, dense_operand({f}, {o}, {Operands.DenseSteps(Outputs)}), {w});";

    /// <summary>Statements that store the weights of outputs o to o + 3 and feature f of a dense layer, the parts of w; o is a multiple of four.</summary>
    public IEnumerable<string> StoreFour(string o, string f, string w) => Use == OperandUse.DenseForward
        ? "xyzw".Select((part, i) => Store(i == 0 ? o : $"{o} + {i}", f, $"{w}.{part}"))
        : [$"store_operands(reinterpret_cast<u32*>(derived{Plus}) + dense_operand({f}, {o}, {Operands.DenseSteps(Outputs)}){(Operands.Pack == 1 ? "" : $" / {Operands.Pack}")}, {w});"];

    /// <summary>Statement that stores the weight whose element in the parameter's panels is <paramref name="i"/>.</summary>
    public string StoreElement(string i, string w)
    {
        int panel = Panels.Width(Outputs);
        string output = $"{i} / {panel * Taps * Inputs} * {panel} + {i} % {panel}", input = $"{i} / {panel} % {Inputs}", tap = $"{i} / {panel * Inputs} % {Taps}";
        return Use switch
        {
            OperandUse.ConvForward => $"set_operand(derived{Plus}, conv_operand(fprop_column({output}), {tap}, {input}, {Taps}, {Inputs}), {w});",
            OperandUse.ConvSamples => $"set_operand(derived{Plus}, samples_operand(fprop_column({output}), {i} / {panel * Run} % {FilterRows}, {i} / {panel} % {Run}, {FilterRows}, {Run}), {w});",
            OperandUse.ConvDgrad => $"set_operand(derived{Plus}, conv_operand({input}, {Taps - 1} - {tap}, {output}, {Taps}, {Outputs}), {w});",
            _ => Store(output, input, w),
        };
    }

    /// <summary>Values under a row of a first layer's filter.</summary>
    private int Run => Taps / FilterRows * Inputs;

    /// <summary>Values of a first layer's reduction, each row in whole words, in whole steps.</summary>
    private int Reduction => ((FilterRows * ((Run + Operands.Pack - 1) / Operands.Pack)) + 7) / 8 * Operands.StepValues;

    private string Plus => Offset == 0 ? "" : $" + {Offset}";
}
