using Convoke;
using ScottPlot;
using SkiaSharp;

namespace Cifar10Sample;

/// <summary>One PNG of a run: curves of loss and accuracy above, test images with what the network says below.</summary>
internal static class Picture
{
    private const int Width = 1280, CurvesHeight = 420, SmoothedSteps = 20;

    /// <summary>Draws and writes <paramref name="file"/>.</summary>
    public static void Save(string file, Curves curves, Model net, ImageClassificationData data)
    {
        using SKSurface surface = SKSurface.Create(new SKImageInfo(Width, CurvesHeight + ImageGrid.Height));
        surface.Canvas.Clear(SKColors.White);
        Draw(surface.Canvas, 0, "Loss", curves, static step => step.Loss, static test => test.Loss);
        Draw(surface.Canvas, Width / 2, "Accuracy, %", curves, static step => 100 * step.Accuracy, static test => 100 * test.Accuracy!.Value);
        ImageGrid.Draw(surface.Canvas, CurvesHeight, Width, net, data);

        using SKImage image = surface.Snapshot();
        using SKData png = image.Encode(SKEncodedImageFormat.Png, 100);
        using FileStream stream = File.Create(file);
        png.SaveTo(stream);
        Console.WriteLine($"Picture: {Path.GetFullPath(file)}");
    }

    private static void Draw(SKCanvas canvas, int left, string title, Curves curves, Func<(double Loss, double Accuracy), double> ofSteps, Func<Evaluation, double> ofTest)
    {
        using Plot plot = new();
        double[] epochs = [.. Enumerable.Range(0, curves.Steps.Count).Select(curves.EpochOf)];
        double[] train = [.. Enumerable.Range(0, curves.Steps.Count).Select(step => ofSteps(curves.Mean(step, SmoothedSteps)))];
        double[] tests = [.. curves.Tests.Select(ofTest)], testEpochs = [.. Enumerable.Range(0, tests.Length).Select(static epoch => (double)epoch)];

        ScottPlot.Plottables.Scatter line = plot.Add.ScatterLine(epochs, train);
        line.LegendText = $"training, mean of {SmoothedSteps} steps";
        ScottPlot.Plottables.Scatter points = plot.Add.Scatter(testEpochs, tests);
        points.LegendText = "test";
        points.MarkerSize = 8;
        plot.Title(title);
        plot.XLabel("epochs");
        plot.ShowLegend(Edge.Bottom);

        // A surface of its own: rendering clears the whole canvas that it is given.
        using SKSurface half = SKSurface.Create(new SKImageInfo(Width / 2, CurvesHeight));
        plot.Render(half.Canvas, Width / 2, CurvesHeight);
        canvas.DrawSurface(half, left, 0);
    }
}
