namespace Convoke.Gpu;

/// <summary>What the command line asks for.</summary>
internal sealed record Options
{
    public const string Usage = """
        usage: Convoke.Gpu [--checks] [--timings] [--quick] [--only PATTERN] [--device NUMBER] [--out FILE] [--append] [--commit TEXT]
               Convoke.Gpu --list
               Convoke.Gpu --race NET:BATCH
               Convoke.Gpu --learn FOLDER

        Runs checks and timings on an NVIDIA GPU and says what came of them. Without --checks and --timings it does both.

          --list          names every check and timing, runs none, needs no GPU
          --only PATTERN  those whose name contains PATTERN, in which * stands for anything
          --quick         the quick checks only, and no timings: for a sanitizer
          --device NUMBER the driver's number of the GPU, 0 where left out
          --out FILE      writes results as markdown, --append adds to what the file has
          --commit TEXT   what the results say was tested; else commit.txt beside this program
          --learn FOLDER  trains B on the MNIST in FOLDER from five seeds at each precision: accuracy, and time to 99 %
          --race NET:BATCH  an epoch of A, B or C for each line of standard input, answered by its seconds: a contender of tests/Benchmarks/gpu/race.py

        Exit codes: 0 all is well, 1 a check failed, 2 usage, 3 there is no device.
        """;

    public bool List { get; private init; }

    public bool Checks { get; private init; }

    public bool Timings { get; private init; }

    public bool Quick { get; private init; }

    public bool Append { get; private init; }

    public string? Only { get; private init; }

    public int Device { get; private init; }

    public string? Out { get; private init; }

    public string? Commit { get; private init; }

    /// <summary>A network's name: this process is a child that measures a start.</summary>
    public string? Start { get; private init; }

    /// <summary>A folder of MNIST's files: this process trains on them.</summary>
    public string? Learn { get; private init; }

    /// <summary>"B:128": this process is a contender of a race.</summary>
    public string? Race { get; private init; }

    /// <exception cref="FormatException">The arguments are not understood; the message says which.</exception>
    public static Options Parse(ReadOnlySpan<string> arguments)
    {
        Options options = new();
        for (int i = 0; i < arguments.Length; i++)
        {
            string name = arguments[i];
            string? value = i + 1 < arguments.Length ? arguments[i + 1] : null;
            bool takesValue = name is "--only" or "--device" or "--out" or "--commit" or "--start" or "--race" or "--learn";
            if (takesValue && value is null) throw new FormatException($"{name} needs a value");
            options = name switch
            {
                "--list" => options with { List = true },
                "--checks" => options with { Checks = true },
                "--timings" => options with { Timings = true },
                "--quick" => options with { Quick = true },
                "--append" => options with { Append = true },
                "--only" => options with { Only = value },
                "--device" => options with { Device = int.TryParse(value, out int number) && number >= 0 ? number : throw new FormatException($"--device takes a number from 0, not \"{value}\"") },
                "--out" => options with { Out = value },
                "--commit" => options with { Commit = value },
                "--start" => options with { Start = value },
                "--learn" => options with { Learn = value },
                "--race" => options with { Race = value },
                _ => throw new FormatException($"\"{name}\" is no option"),
            };
            if (takesValue) i++;
        }

        if (options.Quick) return options with { Checks = true, Timings = false };
        return options.Checks || options.Timings ? options : options with { Checks = true, Timings = true };
    }

    /// <summary>Whether a check or a timing of that name is asked for.</summary>
    public bool Picks(string name) => Only is null || System.IO.Enumeration.FileSystemName.MatchesSimpleExpression($"*{Only}*", name);
}
