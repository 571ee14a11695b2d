using Convoke;

// The test runner does not come here. Tests start this assembly as a program of its own where a process must see another driver than theirs:
// "probe" says what it finds, "open" opens device 0, "report" compiles a model's kernels for a report,
// "train" trains on device 0 and says what became of it, "precisions" checks the gradients of each precision for tensor cores there.
switch (args.FirstOrDefault())
{
    case "probe":
        CudaProbe probe = CudaDriver.Probe();
        Console.WriteLine($"{(probe.Available ? "available" : "unavailable")}; driver {probe.DriverVersion?.ToString() ?? "none"}; {probe.Explanation}");
        return 0;
    case "open":
        try
        {
            using CudaSession session = CudaSession.Open(0);
            Console.WriteLine($"opened {session.Device}");
            return 0;
        }
        catch (ConvokeException failure)
        {
            Console.WriteLine($"{failure.GetType().Name}: {failure.Message}");
            return 1;
        }

    case "report":
        try
        {
            Console.WriteLine(Convoke.Testing.KernelReport.Compile<Convoke.Cuda.Tests.ProgramA>());
            return 0;
        }
        catch (ConvokeException failure)
        {
            Console.WriteLine($"{failure.GetType().Name}: {failure.Message}");
            return 1;
        }

    case "train":
        Console.WriteLine(Convoke.Cuda.Tests.Training.AutotuneTests.Train());
        return 0;

    case "precisions":
        foreach (Convoke.Gpu.Checks.DeviceCheck check in Convoke.Gpu.Checks.DeviceCheck.All.Where(static check => check.Name.StartsWith("gradients-b-", StringComparison.Ordinal)))
            Console.WriteLine($"{check.Name}: {check.Run(Device.Cuda())}");
        return 0;

    default:
        Console.Error.WriteLine("usage: probe | open | report | train | precisions");
        return 2;
}
