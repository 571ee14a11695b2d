namespace Convoke.Generator.Tests;

/// <summary>A model with layers of every kind, around the Forward that a test is about.</summary>
internal static class ForwardNet
{
    /// <param name="members">Forward, and what it needs besides the layers.</param>
    /// <param name="training">Attributes beside [Model].</param>
    /// <param name="preset">Whose conventions hold.</param>
    public static string Source(string members, string training = "", string preset = "Keras") => $$"""
        using System;
        using System.Linq;
        using Convoke;
        [Model(16, 16, 2, Defaults = Defaults.{{preset}}){{training}}]
        public partial class M
        {
            [Conv2D(4, 3)] private static partial Sym Conv(Sym x);
            [Conv2D(2, 1)] private static partial Sym Block(Sym x, int index);
            [MaxPool2D(2)] private static partial Sym Pool(Sym x);
            [Dropout(0.5)] private static partial Sym Drop(Sym x);
            [Dense(8)] private static partial Sym Hidden(Sym x);
            [Dense(3)] private static partial Sym Head(Sym x);
            {{members}}
        }
        """;
}
