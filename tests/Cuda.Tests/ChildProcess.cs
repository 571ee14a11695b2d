using System.Diagnostics;

namespace Convoke.Cuda.Tests;

/// <summary>Runs Program.cs with an environment of its own: a process loads one driver, for good.</summary>
internal static class ChildProcess
{
    /// <summary>Exit code and the two outputs. Variables that are null are removed.</summary>
    public static (int Code, string Output, string Errors) Run(string command, params (string Name, string? Value)[] variables)
    {
        ProcessStartInfo start = new("dotnet", [typeof(ChildProcess).Assembly.Location, command]) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach ((string name, string? value) in variables)
        {
            if (value is null) start.Environment.Remove(name);
            else start.Environment[name] = value;
        }

        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(), errors = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(TimeSpan.FromMinutes(1)))
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{command} did not end within a minute");
        }

        return (process.ExitCode, output.Result.Trim(), errors.Result.Trim());
    }
}
