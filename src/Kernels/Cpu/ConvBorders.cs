using Convoke.Kernels.Scheduling;

namespace Convoke.Kernels.Cpu;

/// <summary>Copies between an image and its form with a border of zeros, as run-time code that all convolutions of a program share.</summary>
public static class ConvBorders
{
    /// <summary>Emits the call that copies <paramref name="x"/> to the inside of <paramref name="bordered"/> and zeros around it.</summary>
    public static void EmitEnter(KernelWriter writer, ConvGeometry g, ConvBorder border, string x, string bordered)
    {
        (int rows, int row, int before) = Inside(g, border);
        writer.Code.Line($"Enter({x}, {bordered}, {rows}, {row}, {g.W * g.CStored}, {before}, {border.Columns * g.CStored}, {border.Rows * border.Columns * g.CStored});");
    }

    /// <summary>Emits the call that copies the inside of <paramref name="bordered"/> to <paramref name="x"/>; what no window reads becomes zero.</summary>
    public static void EmitLeave(KernelWriter writer, ConvGeometry g, ConvBorder border, string bordered, string x)
    {
        (int rows, int row, int before) = Inside(g, border);
        writer.Code.Line($"Leave({KernelWriter.Plus(bordered, before)}, {x}, {rows}, {row}, {border.Columns * g.CStored}, {g.W * g.CStored}, {g.H * g.W * g.CStored});");
    }

    /// <summary>Rows of the input that some window reads, floats of such a row, and floats before the first in the copy.</summary>
    private static (int Rows, int Row, int Before) Inside(ConvGeometry g, ConvBorder border)
    {
        int rows = Math.Min(g.H, border.Rows - g.Top), columns = Math.Min(g.W, border.Columns - g.Left);
        return rows > 0 && columns > 0 ? (rows, columns * g.CStored, ((g.Top * border.Columns) + g.Left) * g.CStored) : (0, 0, 0);
    }

    /// <summary>Emits both methods, unless they stand already.</summary>
    public static void EmitMethods(KernelWriter writer)
    {
        if (!writer.Once("Enter")) return;
        writer.Code.Line();
        writer.Code.Line("""
            // to = rows of x with zeros around them: 'before' floats ahead of the first, then from one row's start to the next 'pitch' floats
            private static void Enter(float* x, float* to, int rows, int row, int xPitch, int before, int pitch, int floats)
            {
                float* end = to + floats;
                for (; rows > 0; rows--)
                {
                    new Span<float>(to, before).Clear();
                    to += before;
                    new ReadOnlySpan<float>(x, row).CopyTo(new Span<float>(to, row));
                    x += xPitch;
                    to += row;
                    before = pitch - row;
                }

                new Span<float>(to, (int)(end - to)).Clear();
            }

            // x = the inside of 'from'; zero where it has none
            private static void Leave(float* from, float* x, int rows, int row, int pitch, int xPitch, int floats)
            {
                float* end = x + floats;
                for (; rows > 0; rows--)
                {
                    new ReadOnlySpan<float>(from, row).CopyTo(new Span<float>(x, row));
                    new Span<float>(x + row, xPitch - row).Clear();
                    from += pitch;
                    x += xPitch;
                }

                new Span<float>(x, (int)(end - x)).Clear();
            }
            """);
    }
}
