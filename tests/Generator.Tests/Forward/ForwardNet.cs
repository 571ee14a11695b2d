namespace Convoke.Generator.Tests;

/// <summary>A model with layers of every kind, around the Forward that a test is about.</summary>
internal static class ForwardNet
{
    /// <param name="members">Forward, and what it needs besides the layers.</param>
    /// <param name="training">Attributes beside [Model].</param>
    /// <param name="preset">Whose conventions hold.</param>
    /// <param name="input">Shape of the input; empty where Forward has it.</param>
    public static string Source(string members, string training = "", string preset = "Keras", string input = "16, 16, 2") => $$"""
        using System;
        using System.Linq;
        using Convoke;
        [Model({{(input.Length > 0 ? input + ", " : "")}}Defaults = Defaults.{{preset}}){{training}}]
        public partial class M
        {
            [Conv2D(4, 3)] private static partial Sym Conv(Sym x);
            [Conv2D(2, 1)] private static partial Sym Block(Sym x, int index);
            [Conv2D(4, 3, Stride = 2, Padding = Padding.Same, Activation = Activation.LeakyRelu)] private static partial Sym Strided(Sym x);
            [Conv2D(2, 1, Activation = Activation.Gelu)] private static partial Sym Cell(Sym x, int index);
            [BatchNorm(Activation = Activation.Relu)] private static partial Sym Norm(Sym x);
            [MaxPool2D(2)] private static partial Sym Pool(Sym x);
            [AveragePool2D(3, Stride = 1, Pad = 1)] private static partial Sym Mean(Sym x);
            [GlobalAveragePool2D] private static partial Sym Whole(Sym x);
            [Upsample(2)] private static partial Sym Up(Sym x);
            [Dropout(0.5)] private static partial Sym Drop(Sym x);
            [Dense(8)] private static partial Sym Hidden(Sym x);
            [Dense(3)] private static partial Sym Head(Sym x);
            {{members}}
        }
        """;
}
