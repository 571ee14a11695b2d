using Convoke;
using Convoke.Gpu;
using Convoke.Gpu.Checks;
using Convoke.Gpu.Timings;

const int Failed = 1, Misused = 2, NoDevice = 3;

Options options;
try
{
    options = Options.Parse(args);
}
catch (FormatException problem)
{
    Console.Error.WriteLine($"{problem.Message}\n\n{Options.Usage}");
    return Misused;
}

DeviceCheck[] checks = [.. DeviceCheck.All.Where(check => options.Picks(check.Name) && (check.IsQuick || !options.Quick))];
DeviceTiming[] timings = [.. DeviceTiming.All.Where(timing => options.Picks(timing.Name))];
if (options.List)
{
    foreach (DeviceCheck check in checks) Console.WriteLine($"{check.Name,-24} {check.Promise}{(check.IsQuick ? "" : " (not quick)")}");
    foreach (DeviceTiming timing in timings) Console.WriteLine($"{timing.Name,-24} {timing.What}");
    return 0;
}

Device device;
try
{
    device = Device.Cuda(options.Device);
}
catch (DeviceNotAvailableException reason)
{
    Console.Error.WriteLine(reason.Message);
    return NoDevice;
}

if (options.Start is { } network) return StartTimings.RunChild(network, device);
if (options.Learn is { } folder) return Learn.Run(folder, device, options.Out);
if (options.Race is { } race) return Race.Run(race, device);

Results results = new(device, options);
results.PrintHead();
if (options.Checks) results.Run(checks);
if (options.Timings) results.Run(timings);
results.Write();
return results.HasFailures ? Failed : 0;
