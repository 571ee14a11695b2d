using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Convoke.Package.Tests;

/// <summary>Runs the SDK as a user would: none of the variables that the test run's own build left behind, no servers that outlive it.</summary>
internal static class DotNet
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    public static async Task<CommandResult> Run(string folder, params string[] arguments)
    {
        ProcessStartInfo start = new("dotnet", arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (string name in start.Environment.Keys.Where(static k => k.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase) || k == "CI").ToArray())
            start.Environment.Remove(name);
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        start.Environment["DOTNET_CLI_UI_LANGUAGE"] = "en";
        start.Environment["UseSharedCompilation"] = "false";

        using Process process = Process.Start(start)!;
        using CancellationTokenSource timeout = new(Patience);
        StringBuilder output = new();
        process.OutputDataReceived += (_, line) => Append(line.Data);
        process.ErrorDataReceived += (_, line) => Append(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        try
        {
            await process.WaitForExitAsync(timeout.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException(string.Create(CultureInfo.InvariantCulture, $"dotnet {string.Join(' ', arguments)} took more than {Patience.TotalMinutes} minutes:\n{output}"));
        }

        return new CommandResult(process.ExitCode, output.ToString());

        void Append(string? line)
        {
            lock (output) output.Append(line).Append('\n');
        }
    }
}

/// <summary>What a command left: its exit code, and output and errors together.</summary>
internal sealed record CommandResult(int ExitCode, string Output)
{
    /// <summary>Fails the test with the whole output when the command failed.</summary>
    public CommandResult Succeeded()
    {
        Assert.True(ExitCode == 0, Output);
        return this;
    }
}
