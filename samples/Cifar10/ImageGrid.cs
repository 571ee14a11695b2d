using Convoke;
using SkiaSharp;

namespace Cifar10Sample;

/// <summary>The first test images, enlarged, each with the class that the network predicts and, below it, the true one.</summary>
internal static class ImageGrid
{
    private const int Columns = 8, Rows = 4, Zoom = 4, Side = 32 * Zoom, Line = 17, Caption = 2 * Line + 4, Gap = 12, Heading = 44;

    /// <summary>Pixels from top to bottom.</summary>
    public const int Height = Heading + Rows * (Side + Caption + Gap);

    /// <summary>Draws below <paramref name="top"/>, in the middle of <paramref name="width"/> pixels.</summary>
    public static void Draw(SKCanvas canvas, int top, int width, Model net, ImageClassificationData data)
    {
        Dataset test = data.Test;
        int count = Math.Min(Columns * Rows, test.Count), left = (width - Columns * (Side + Gap) + Gap) / 2, right = 0;
        float[] images = new float[count * test.SampleLength];
        int[] predicted = new int[count];
        for (int i = 0; i < count; i++) test.CopyImage(i, images.AsSpan(i * test.SampleLength, test.SampleLength));
        net.PredictClasses(images, predicted);

        using SKPaint rightInk = new() { Color = new SKColor(0, 110, 50), IsAntialias = true }, wrongInk = new() { Color = new SKColor(180, 30, 30), IsAntialias = true }, ink = new() { Color = SKColors.Black, IsAntialias = true };
        using SKFont font = new(SKTypeface.Default, 14), large = new(SKTypeface.Default, 18);
        for (int i = 0; i < count; i++)
        {
            int x = left + i % Columns * (Side + Gap), y = top + Heading + i / Columns * (Side + Caption + Gap), truth = test.Label(i);
            using SKImage image = ToImage(images.AsSpan(i * test.SampleLength, test.SampleLength));
            canvas.DrawImage(image, SKRect.Create(x, y, Side, Side), new SKSamplingOptions(SKFilterMode.Nearest));
            bool isRight = predicted[i] == truth;
            if (isRight) right++;
            canvas.DrawText(data.ClassNames[predicted[i]], x + Side / 2f, y + Side + Line, SKTextAlign.Center, font, isRight ? rightInk : wrongInk);
            canvas.DrawText($"is: {data.ClassNames[truth]}", x + Side / 2f, y + Side + 2 * Line, SKTextAlign.Center, font, ink);
        }

        canvas.DrawText($"The first {count} test images and what the network says: {right} right (green), {count - right} wrong (red)", width / 2f, top + 28, SKTextAlign.Center, large, ink);
    }

    /// <summary>f32[3, 32, 32] in [0, 1], planes of red, green, blue.</summary>
    private static SKImage ToImage(ReadOnlySpan<float> planes)
    {
        int pixels = planes.Length / 3, side = (int)Math.Sqrt(pixels);
        using SKBitmap bitmap = new(side, side);
        for (int p = 0; p < pixels; p++) bitmap.SetPixel(p % side, p / side, new SKColor(Byte(planes[p]), Byte(planes[pixels + p]), Byte(planes[2 * pixels + p])));
        return SKImage.FromBitmap(bitmap);

        static byte Byte(float value) => (byte)(value * 255 + 0.5f);
    }
}
