using System.Globalization;

namespace Convoke.Benchmarks;

/// <summary>The command line, understood.</summary>
internal sealed record Options(string Command, bool Quick, bool Write, int Rounds, string? Only)
{
    private const int DefaultRounds = 9;
    private const int QuickRounds = 7;

    /// <summary>Null where the command line is not one of ours.</summary>
    public static Options? Parse(string[] arguments)
    {
        if (arguments is not [("cpu" or "programs" or "sweep" or "avx2" or "cold" or "kernels" or "gpu") and var command, .. var rest]) return null;
        bool quick = false, write = false, predict = false;
        int? rounds = null;
        string? only = null;
        for (int i = 0; i < rest.Length; i++)
        {
            switch (rest[i])
            {
                case "--quick" when command == "cpu":
                    quick = true;
                    break;
                case "--write" when command == "cpu":
                    write = true;
                    break;
                case "--predict" when command == "gpu":
                    predict = true;
                    break;
                case "--rounds" when command != "gpu" && i + 1 < rest.Length && int.TryParse(rest[i + 1], NumberStyles.None, CultureInfo.InvariantCulture, out int count) && count > 0:
                    rounds = count;
                    i++;
                    break;
                case "--only" when command is "programs" or "sweep" or "kernels" or "gpu" && i + 1 < rest.Length:
                    only = rest[++i];
                    break;
                default:
                    return null;
            }
        }
        return quick && write || predict != (command == "gpu") ? null : new(command, quick, write, rounds ?? (quick ? QuickRounds : DefaultRounds), only);
    }
}
