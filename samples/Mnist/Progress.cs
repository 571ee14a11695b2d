using System.Globalization;
using Convoke;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace MnistSample;

/// <summary>Shows training as it happens: on a terminal a live bar and a line per finished epoch, elsewhere the lines alone.</summary>
internal sealed class Progress(ProgressTask? bar) : IProgress<FitProgress>
{
    private const int WidthWithBar = 110;     // below it the figures need the bar's room
    private FitProgress? _latest;

    /// <summary>Runs <paramref name="fit"/> and shows what it reports.</summary>
    public static History Show(Func<IProgress<FitProgress>, History> fit)
    {
        if (Console.IsOutputRedirected || !AnsiConsole.Profile.Capabilities.Ansi) return fit(new Progress(null));

        FiguresColumn figures = new();
        ProgressColumn[] narrow = [new TaskDescriptionColumn(), figures];
        ProgressColumn[] wide = [new TaskDescriptionColumn(), new ProgressBarColumn { Width = 30 }, figures];
        return AnsiConsole.Progress()
            .AutoClear(true)
            .Columns(AnsiConsole.Profile.Width < WidthWithBar ? narrow : wide)
            .Start(context =>
            {
                Progress progress = new(context.AddTask("Training"));
                figures.Source = progress;
                return fit(progress);
            });
    }

    /// <summary>Called on the training loop's thread, some times a second and at the end of each epoch.</summary>
    public void Report(FitProgress value)
    {
        _latest = value;
        if (bar is not null)
        {
            bar.Description = Text($"Epoch {value.Epoch}/{value.Epochs}");
            bar.MaxValue = value.Steps;
            bar.Value = value.Step;
        }

        if (value.Completed is not { } done) return;
        if (bar is null) Console.WriteLine(EpochLine(done, value.Epochs));
        else AnsiConsole.WriteLine(EpochLine(done, value.Epochs));
    }

    private static string EpochLine(EpochResult done, int epochs)
    {
        string number = Text($"{done.Epoch}").PadLeft(Text($"{epochs}").Length);
        string validation = done.ValidationLoss is { } loss ? $"  val {Metrics(loss, done.ValidationAccuracy)}" : "";
        return Text($"Epoch {number}/{epochs}  train {Metrics(done.Loss, done.Accuracy)}{validation}  {done.Duration.TotalSeconds:F1} s");
    }

    private static string Metrics(double loss, double? accuracy) =>
        Text($"loss {loss:F4}") + (accuracy is { } share ? Text($" acc {100 * share:F2} %") : "");

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    /// <summary>Steps, images per second, loss, accuracy and the time that is left of all epochs.</summary>
    private sealed class FiguresColumn : ProgressColumn
    {
        public Progress? Source { get; set; }

        protected override bool NoWrap => true;

        public override IRenderable Render(RenderOptions options, ProgressTask task, TimeSpan deltaTime)
        {
            if (Source?._latest is not { } at) return new Text("first steps ...");
            double done = (at.Epoch - 1 + (double)at.Step / at.Steps) / at.Epochs, perSecond = at.SamplesDone / at.EpochElapsed.TotalSeconds;
            TimeSpan left = at.Elapsed * ((1 - done) / done);
            return new Text(Progress.Text($"{at.Step}/{at.Steps} steps  {perSecond:N0} images/s  {Metrics(at.Loss, at.Accuracy)}  {left:m\\:ss} left"));
        }
    }
}
