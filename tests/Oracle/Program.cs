using System.Globalization;
using System.Reflection;
using Convoke.Oracle;
using Convoke.Parity;
using TorchSharp;

// Without arguments: train the parity programs in TorchSharp and write tests/Oracle/golden. With --self-check: compare TorchSharp with plain C#.
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
switch (args)
{
    case []:
        return WriteGoldens();
    case ["--topologies"]:
        return WriteTopologies();
    case ["--self-check"]:
        return Check();
    default:
        Console.Error.WriteLine("Usage: Convoke.Oracle [--topologies | --self-check]");
        return 2;
}

static int WriteGoldens()
{
    var folder = Directory.CreateDirectory(Metadata("GoldenFolder")).FullName;
    Write("a.json", ParityProgram.A, RunOptimizer.Torch);
    Write("b.json", ParityProgram.B, RunOptimizer.Torch);
    Write("a_keras.json", ParityProgram.A, RunOptimizer.KerasByHand);
    return WriteTopologies();

    void Write(string file, ParityProgram program, RunOptimizer optimizer)
    {
        var truth = TorchRun.Of(program, torch.ScalarType.Float64, optimizer);
        var single = TorchRun.Of(program, torch.ScalarType.Float32, optimizer);
        var text = GoldenWriter.Write(program, Words(optimizer), Metadata("TorchSharpVersion"), Metadata("LibtorchVersion"), truth, single);
        var path = Path.Combine(folder, file);
        File.WriteAllText(path, text);
        Report(GoldenFile.Load(path), file);
    }
}

static int WriteTopologies()
{
    var folder = Directory.CreateDirectory(Metadata("GoldenFolder")).FullName;
    foreach (TopologyProgram program in new[] { TopologyProgram.C, TopologyProgram.ResNet9, TopologyProgram.UNet, TopologyProgram.Shared, TopologyProgram.Detector, TopologyProgram.Pair })
    {
        TopologyGolden golden = TorchTopology.Golden(program, $"TorchSharp {Metadata("TorchSharpVersion")}, libtorch {Metadata("LibtorchVersion")}, float64 on one thread");
        golden.Save(Path.Combine(folder, program.Name + ".json"));
        var losses = golden.Losses.Zip(golden.Float32Losses, static (truth, single) => Math.Abs(single / truth - 1)).Max();
        Console.WriteLine($"{program.Name}.json: loss {golden.Losses[0]:F4} -> {golden.Losses[^1]:F4}; float32 against float64: losses within {losses:E1}, predictions within {golden.Float32PredictionDeviation:E1} of the largest");
    }

    return 0;
}

static void Report(GoldenFile golden, string file)
{
    var losses = golden.Losses.Zip(golden.Float32Losses, static (truth, single) => Math.Abs(single / truth - 1)).Max();
    Console.WriteLine($"{file}: loss {golden.Losses[0]:F4} -> {golden.Losses[^1]:F4}; float32 against float64: losses within {losses:E1}");
    foreach (var tensor in golden.Tensors)
        Console.WriteLine($"  {tensor.Name,-13} gradient {tensor.FirstGradient.Float32Deviation:E1} {tensor.LastGradient.Float32Deviation:E1}  "
            + $"weights {tensor.FirstWeights.Float32Deviation:E1} {tensor.LastWeights.Float32Deviation:E1}");
}

static int Check()
{
    var torchRun = TorchRun.Of(ParityProgram.A, torch.ScalarType.Float64, RunOptimizer.Torch);
    var byHand = TorchRun.Of(ParityProgram.A, torch.ScalarType.Float64, RunOptimizer.TorchByHand);
    var plain = Math.Abs(SelfCheck.FirstLossOfA() / torchRun.Losses[0] - 1);
    var adam = torchRun.Losses.Zip(byHand.Losses, static (left, right) => Math.Abs(right / left - 1)).Max();
    var holds = plain < 1e-6 && adam < 1e-9;
    Console.WriteLine($"first loss of A, plain C# against TorchSharp: {plain:E1} relative (allowed 1E-6)");
    Console.WriteLine($"50 losses of A, Adam by hand against TorchSharp's: {adam:E1} relative (allowed 1E-9)");
    Console.WriteLine(holds ? "self-check holds" : "SELF-CHECK FAILED");
    return holds ? 0 : 1;
}

static string Words(RunOptimizer optimizer) => optimizer == RunOptimizer.KerasByHand
    ? $"Adam by hand, rate {ParityProgram.LearningRate}, betas {ParityProgram.Beta1} {ParityProgram.Beta2}, epsilon {ParityProgram.KerasEpsilon} before the correction (Keras)"
    : $"Adam, rate {ParityProgram.LearningRate}, betas {ParityProgram.Beta1} {ParityProgram.Beta2}, epsilon {ParityProgram.Epsilon} after the correction (PyTorch)";

static string Metadata(string key) => Assembly.GetExecutingAssembly().GetCustomAttributes<AssemblyMetadataAttribute>().First(item => item.Key == key).Value
    ?? throw new InvalidOperationException($"The build gave no {key}.");
