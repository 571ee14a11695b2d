namespace Convoke.PtxEmulator;

internal sealed unsafe partial class Decoder
{
    private Operation Float(Instruction x)
    {
        switch (x.Type)
        {
            case "f64":
                return Float64(x);
            case "f16" or "bf16" or "f16x2" or "bf16x2":
                return Narrow(x);
        }
        char rounding = x.Has("rz") ? 'z' : x.Has("rm") ? 'm' : x.Has("rp") ? 'p' : 'n';
        if (rounding != 'n') return Directed(x, rounding);
        bool nan = x.Has("NaN");
        return x.Name switch
        {
            "add" => FloatBinary<AddFloat>(x),
            "sub" => FloatBinary<SubtractFloat>(x),
            "mul" => FloatBinary<MultiplyFloat>(x),
            "div" => FloatBinary<DivideFloat>(x),
            "min" => nan ? FloatBinary<MinimumFloatNaN>(x) : FloatBinary<MinimumFloat>(x),
            "max" => nan ? FloatBinary<MaximumFloatNaN>(x) : FloatBinary<MaximumFloat>(x),
            "fma" or "mad" => FloatTernary<FusedMultiplyAdd>(x),
            "neg" => FloatUnary<NegateFloat>(x),
            "abs" => FloatUnary<AbsoluteFloat>(x),
            _ => throw Unknown(x),
        };
    }

    private Operation FloatUnary<T>(Instruction x)
        where T : struct, IUnary => x.Has("ftz") ? Unary<FlushUnary<T>>(x) : Unary<T>(x);

    private Operation FloatBinary<T>(Instruction x)
        where T : struct, IBinary => (x.Has("ftz"), x.Has("sat")) switch
        {
            (false, false) => Binary<T>(x),
            (true, false) => Binary<FlushBinary<T>>(x),
            (false, true) => Binary<SaturateBinary<T>>(x),
            _ => Binary<SaturateBinary<FlushBinary<T>>>(x),
        };

    private Operation FloatTernary<T>(Instruction x)
        where T : struct, ITernary => (x.Has("ftz"), x.Has("sat")) switch
        {
            (false, false) => Ternary<T>(x),
            (true, false) => Ternary<FlushTernary<T>>(x),
            (false, true) => Ternary<SaturateTernary<T>>(x),
            _ => Ternary<SaturateTernary<FlushTernary<T>>>(x),
        };

    /// <summary>Arithmetic that rounds toward zero, down or up.</summary>
    private Operation Directed(Instruction x, char rounding)
    {
        int argument = rounding | (x.Has("ftz") ? LaneFloats.Flush : 0) | (x.Has("sat") ? LaneFloats.Saturate : 0);
        return x.Name switch
        {
            "add" => Lanes(x, &LaneFloats.Add, argument, false, false),
            "sub" => Lanes(x, &LaneFloats.Subtract, argument, false, false),
            "mul" => Lanes(x, &LaneFloats.Multiply, argument, false, false),
            "fma" or "mad" => Lanes(x, &LaneFloats.MultiplyAdd, argument, false, false, false),
            "div" => Lanes(x, &LaneFloats.Divide, argument, false, false),
            _ => throw Unknown(x),
        };
    }

    private Operation Float64(Instruction x)
    {
        if (x.Has("rz") || x.Has("rm") || x.Has("rp")) throw Unknown(x);
        return x.Name switch
        {
            "add" => BinaryWide<AddDouble>(x),
            "sub" => BinaryWide<SubtractDouble>(x),
            "mul" => BinaryWide<MultiplyDouble>(x),
            "div" => BinaryWide<DivideDouble>(x),
            "fma" or "mad" => Lanes(x, &LaneFloats.MultiplyAddDouble, 0, true, true, true),
            "min" => Lanes(x, &LaneFloats.MinimumDouble, 0, true, true),
            "max" => Lanes(x, &LaneFloats.MaximumDouble, 0, true, true),
            "neg" => Lanes(x, &LaneFloats.NegateDouble, 0, true),
            "abs" => Lanes(x, &LaneFloats.AbsoluteDouble, 0, true),
            _ => throw Unknown(x),
        };
    }

    /// <summary>f16 and bf16, single and in pairs: computed in single or double and rounded once.</summary>
    private Operation Narrow(Instruction x)
    {
        NarrowOperation? operation = x.Name switch
        {
            "add" => NarrowOperation.Add,
            "sub" => NarrowOperation.Subtract,
            "mul" => NarrowOperation.Multiply,
            "fma" => NarrowOperation.MultiplyAdd,
            "min" => NarrowOperation.Minimum,
            "max" => NarrowOperation.Maximum,
            "neg" => NarrowOperation.Negate,
            "abs" => NarrowOperation.Absolute,
            _ => null,
        };
        if (operation == null || x.Has("sat") || x.Has("ftz") || x.Has("NaN") || x.Has("xorsign")) throw Unknown(x);
        int argument = (int)operation | (x.Type.StartsWith('b') ? NarrowFloats.IsBf16 : 0) | (x.Type.EndsWith("x2", StringComparison.Ordinal) ? NarrowFloats.IsPair : 0) | (x.Has("relu") ? NarrowFloats.IsRelu : 0);
        return Lanes(x, &NarrowFloats.Apply, argument, [.. new bool[x.Operands.Count - 1]]);
    }

    private Operation Function(Instruction x)
    {
        if (x.Type == "f64")
        {
            return x.Name switch
            {
                "sqrt" when x.Has("rn") => Lanes(x, &LaneFloats.SquareRootDouble, 0, true),
                "rsqrt" => Lanes(x, &LaneFloats.ReciprocalRootDouble, 0, true),
                "rcp" when x.Has("rn") || x.Has("approx") => Lanes(x, &LaneFloats.ReciprocalDouble, 0, true),
                "copysign" => Lanes(x, &LaneFloats.CopySignDouble, 0, true, true),
                _ => throw Unknown(x),
            };
        }
        if (x.Type != "f32") throw Unknown(x);
        int argument = 'n' | (x.Has("ftz") ? LaneFloats.Flush : 0);
        if (x.Has("rz") || x.Has("rm") || x.Has("rp"))
        {
            argument = (x.Has("rz") ? 'z' : x.Has("rm") ? 'm' : 'p') | (x.Has("ftz") ? LaneFloats.Flush : 0);
            if (x.Name is not ("sqrt" or "rcp")) throw Unknown(x);
        }
        return x.Name switch
        {
            "sqrt" when argument == 'n' => Unary<SquareRoot>(x),
            "sqrt" => Lanes(x, &LaneFloats.SquareRoot, argument, false),
            "rsqrt" => Lanes(x, &LaneFloats.ReciprocalRoot, argument, false),
            "rcp" => Lanes(x, &LaneFloats.Reciprocal, argument, false),
            "ex2" => Lanes(x, &LaneFloats.Exp2, argument, false),
            "lg2" => Lanes(x, &LaneFloats.Log2, argument, false),
            "sin" => Lanes(x, &LaneFloats.Sine, argument, false),
            "cos" => Lanes(x, &LaneFloats.Cosine, argument, false),
            "tanh" => Lanes(x, &LaneFloats.Tanh, argument, false),
            "copysign" => Lanes(x, &LaneFloats.CopySign, argument, false, false),
            _ => throw Unknown(x),
        };
    }
}
