namespace Convoke.PtxEmulator;

/// <summary>Cuts a kernel into basic blocks, places its registers and decodes its instructions.</summary>
internal static class ProgramBuilder
{
    /// <summary>Throws <see cref="PtxException"/> on an instruction the emulator does not know.</summary>
    public static KernelProgram Build(PtxKernel kernel)
    {
        FunctionBody body = kernel.Body;
        List<Instruction> code = body.Code;
        int[] starts = Starts(code);
        int[] blockOf = new int[code.Count + 1];
        for (int b = 0; b < starts.Length - 1; b++)
            for (int i = starts[b]; i < starts[b + 1]; i++) blockOf[i] = b;
        int exit = starts.Length - 1;
        blockOf[code.Count] = exit;
        CodeBlock[] blocks = new CodeBlock[exit + 1];
        IReadOnlyList<int>[] successors = new IReadOnlyList<int>[exit];
        for (int b = 0; b < exit; b++)
        {
            Instruction last = code[starts[b + 1] - 1];
            int[] targets = [.. Targets(last, blockOf)];
            blocks[b] = new() { Index = b, Next = blockOf[starts[b + 1]], At = last, Targets = targets, Target = targets.Length > 0 ? targets[0] : 0 };
            bool falls = last.Guard >= 0 || last.Name is not ("bra" or "brx" or "ret" or "exit");
            successors[b] = [.. (falls ? targets.Append(blocks[b].Next) : targets).Where(next => next < exit)];
        }
        // Running off the end returns.
        blocks[exit] = new() { Index = exit, End = BlockEnd.Return };

        RegisterFile registers = new(body, Liveness.Intervals(body, starts, successors));
        Decoder decoder = new(kernel, registers);
        for (int b = 0; b < exit; b++) Fill(blocks[b], code, starts[b], starts[b + 1], decoder);
        return new()
        {
            Blocks = blocks,
            RegisterBytes = Math.Max(registers.Bytes, 64),
            PredicateCount = body.Predicates + 1,
            Constants = registers.Constants,
            Addresses = registers.Addresses,
            Specials = registers.Specials,
        };
    }

    private static int[] Starts(List<Instruction> code)
    {
        SortedSet<int> starts = [0, code.Count];
        for (int i = 0; i < code.Count; i++)
        {
            foreach (int target in TargetInstructions(code[i])) starts.Add(target);
            if (EndsBlock(code[i])) starts.Add(i + 1);
            if (WarpMasks.IsRendezvous(code[i])) starts.Add(i);
        }
        return [.. starts];
    }

    private static bool EndsBlock(Instruction instruction) => instruction.Name is "bra" or "brx" or "ret" or "exit" || IsBarrier(instruction);

    private static bool IsBarrier(Instruction instruction) => instruction.Name is "bar" or "barrier" && !instruction.Has("warp");

    private static IEnumerable<int> Targets(Instruction instruction, int[] blockOf) => TargetInstructions(instruction).Select(target => blockOf[target]);

    private static IEnumerable<int> TargetInstructions(Instruction instruction)
    {
        if (instruction.Name == "bra") return [Label(instruction, instruction.Operands[0], instruction.Operands[0].Name)];
        if (instruction.Name != "brx") return [];
        Operand table = instruction.Operands[1];
        for (Scope? scope = table.Scope; scope != null; scope = scope.Parent)
            if (scope.BranchTargets.TryGetValue(table.Name, out IReadOnlyList<string>? labels)) return labels.Select(label => Label(instruction, table, label));
        throw new PtxException(instruction.Line, $"no branch targets '{table.Name}'");
    }

    private static int Label(Instruction instruction, Operand operand, string name) =>
        operand.Scope != null && operand.Scope.TryLabel(name, out int target) ? target : throw new PtxException(instruction.Line, $"no label '{name}'");

    private static void Fill(CodeBlock block, List<Instruction> code, int start, int end, Decoder decoder)
    {
        List<Operation> operations = new(end - start);
        block.InstructionCount = end - start;
        if (WarpMasks.IsRendezvous(code[start]))
        {
            block.Rendezvous = decoder.RendezvousMask(code[start]);
            block.RendezvousAt = code[start];
        }
        for (int i = start; i < end; i++)
        {
            Instruction instruction = code[i];
            if (EndsBlock(instruction))
            {
                SetEnd(block, instruction, decoder);
                continue;
            }
            if (instruction.Name == "fma" && instruction.Type == "f32" && instruction.Guard < 0) block.FmaCount++;
            if (decoder.Decode(instruction) is not { } operation) continue;
            if (instruction.Guard >= 0) operation = new Guarded(operation, instruction.Guard, instruction.GuardNegated);
            if (operations.Count > 0 && operations[^1].Join(operation) is { } joined) operations[^1] = joined;
            else operations.Add(operation);
        }
        block.Operations = [.. operations];
    }

    private static void SetEnd(CodeBlock block, Instruction instruction, Decoder decoder)
    {
        bool guarded = instruction.Guard >= 0;
        (block.Predicate, block.PredicateNegated) = (instruction.Guard, instruction.GuardNegated);
        if (IsBarrier(instruction))
        {
            if (guarded) throw new PtxException(instruction.Line, "a guarded barrier is not supported");
            block.End = BlockEnd.Barrier;
            decoder.DecodeBarrier(block, instruction);
            return;
        }
        switch (instruction.Name)
        {
            case "bra":
                block.End = guarded ? BlockEnd.ConditionalBranch : BlockEnd.Branch;
                break;
            case "brx":
                if (guarded) throw new PtxException(instruction.Line, "a guarded brx is not supported");
                block.End = BlockEnd.Switch;
                block.Selector = decoder.Offset(instruction.Operands[0], false);
                break;
            default:
                block.End = guarded ? BlockEnd.ConditionalReturn : BlockEnd.Return;
                break;
        }
    }
}
