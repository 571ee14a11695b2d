namespace Convoke.PtxEmulator;

/// <summary>Reads the declaration of a variable, from after its state space.</summary>
internal static class VariableParser
{
    public static StateSpace Space(string directive) => directive switch
    {
        ".shared" => StateSpace.Shared,
        ".local" => StateSpace.Local,
        ".const" => StateSpace.Const,
        ".param" => StateSpace.Param,
        _ => StateSpace.Global,
    };

    /// <summary>".align 16 .b8 name[64]", without what may follow; <paramref name="element"/> is the bytes of its scalar type.</summary>
    public static PtxVariable ReadHead(TokenReader reader, StateSpace space, out int element)
    {
        int alignment = 1, vector = 1;
        element = 4;
        while (reader.Current.StartsWith('.'))
        {
            string word = reader.Next();
            if (word == ".align") alignment = reader.Integer();
            else if (word is ".v2" or ".v4") vector = word[2] - '0';
            else if (ScalarType.Size(word[1..]) > 0) element = ScalarType.Size(word[1..]);
        }
        string name = reader.Next();
        int size = element * vector, count = 1;
        while (reader.Accept("["))
        {
            count *= reader.Is("]") ? 0 : reader.Integer();
            reader.Expect("]");
        }
        return new(name, space, Math.Max(alignment, size), size * count);
    }

    /// <summary>The whole declaration with its initial value, up to the semicolon.</summary>
    public static PtxVariable Read(TokenReader reader, StateSpace space)
    {
        PtxVariable variable = ReadHead(reader, space, out int element);
        if (reader.Accept("="))
        {
            byte[] data = new byte[variable.Bytes];
            List<(int, string, long)> relocations = [];
            int offset = 0, depth = 0;
            do
            {
                if (reader.Accept("{")) { depth++; continue; }
                if (reader.Accept("}")) { depth--; continue; }
                if (reader.Accept(",")) continue;
                int line = reader.Line;
                if (offset + element > data.Length) throw new PtxException(line, $"{variable.Name} has more values than elements");
                ReadValue(reader, data.AsSpan(offset, element), offset, relocations);
                offset += element;
            }
            while (depth > 0);
            variable = variable with { Initial = data, Relocations = relocations };
        }
        reader.Expect(";");
        return variable;
    }

    private static void ReadValue(TokenReader reader, Span<byte> target, int offset, List<(int, string, long)> relocations)
    {
        if (!reader.Is("-") && !char.IsAsciiDigit(reader.Current[0]))
        {
            string symbol = reader.Next();
            if (symbol == "generic")
            {
                reader.Expect("(");
                symbol = reader.Next();
                reader.Expect(")");
            }
            long addend = reader.Accept("+") ? (long)reader.Number() : 0;
            relocations.Add((offset, symbol, addend));
            return;
        }
        ulong value = reader.Number();
        for (int i = 0; i < target.Length; i++) target[i] = (byte)(value >> (8 * i));
    }
}
