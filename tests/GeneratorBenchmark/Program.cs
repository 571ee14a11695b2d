using System.Globalization;
using Convoke.GeneratorBenchmark;

const string Usage = """
    What Convoke costs an editor and a build.

    usage: dotnet run -c Release --project tests/GeneratorBenchmark [-- --edits N] [--models N] [--blocks N]

    An edit changes one character of a file that has nothing to do with models, as typing does; the generator then looks at the new compilation with what it kept of the
    last one. Timed is GeneratorDriver.RunGenerators alone, after warm-up, on one thread; a trial whose outputs were not all kept is an error. The processor column is the mean of what all threads of this program worked in an edit: on a
    machine that has other things to do it tells more than the clock.
    Cold is the first run over a compilation, with the generator's own code warm: reading, compiling every model, writing its text.
    C# is all that is generated for one model, CUDA C text included, in bytes of UTF-8; a chain of residual blocks is conv 3x3 same, batch norm, ReLU, and the sum.
    """;

int edits = 100, models = 10, blocks = 50;
for (int i = 0; i < args.Length; i++)
{
    if (i + 1 < args.Length && int.TryParse(args[i + 1], NumberStyles.None, CultureInfo.InvariantCulture, out int value) && value > 0)
    {
        switch (args[i])
        {
            case "--edits": (edits, i) = (value, i + 1); continue;
            case "--models": (models, i) = (value, i + 1); continue;
            case "--blocks": (blocks, i) = (value, i + 1); continue;
        }
    }
    Console.Error.WriteLine(Usage);
    return 1;
}

Console.WriteLine(Usage[..Usage.IndexOf("\n\nusage", StringComparison.Ordinal)]);
Console.WriteLine($"{Environment.ProcessorCount} processors, .NET {Environment.Version}, {edits} edits of each\n");
Measurement.WarmUp();

Console.WriteLine($"{"",-38}{"cold",10}{"edit: median",14}{"largest",10}{"processor",12}{"limit",8}{"C# a model",14}{"limit",10}");
bool kept = true;
foreach ((Scenario scenario, double limitMs) in ((Scenario, double)[])[(Scenario.Ordinary(), 5), (Scenario.Residual(models, blocks), 50)])
{
    Measurement measured = Measurement.Of(scenario, edits);
    kept &= measured.MedianMs < limitMs && measured.LargestModelBytes < Scenario.LimitBytes;
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
        $"{scenario.Title,-38}{measured.ColdMs,7:F0} ms{measured.MedianMs,11:F2} ms{measured.MaxMs,7:F2} ms{measured.ProcessorMs,9:F2} ms{limitMs,5:F0} ms{measured.LargestModelBytes,14:N0}{Scenario.LimitBytes,10:N0}"));
    foreach ((string file, long bytes) in measured.FilesOfLargest)
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"    {file,-30}{bytes,12:N0}"));
}

Console.WriteLine(kept ? "\nAll within their limits." : "\nOver a limit.");
return kept ? 0 : 2;
