namespace Convoke.PtxEmulator;

/// <summary>Reads a module's directives, variables and functions.</summary>
internal sealed class ModuleParser(PtxModule module, List<Token> tokens)
{
    private readonly TokenReader _reader = new(tokens);

    public void Read()
    {
        while (!_reader.AtEnd)
        {
            int line = _reader.Line;
            string word = _reader.Next();
            switch (word)
            {
                case ".version" or ".address_size":
                    _reader.SkipLine(line);
                    break;
                case ".target":
                    module.Target = _reader.Next();
                    _reader.SkipLine(line);
                    break;
                case ".file":
                    module.Files[_reader.Integer()] = _reader.Next().Trim('"');
                    _reader.SkipLine(line);
                    break;
                case ".visible" or ".extern" or ".weak" or ".common":
                    break;
                case ".entry":
                    ReadEntry();
                    break;
                case ".func":
                    ReadFunction();
                    break;
                case ".shared" or ".global" or ".const":
                    PtxVariable variable = VariableParser.Read(_reader, VariableParser.Space(word));
                    module.Variables[variable.Name] = variable;
                    break;
                case ".section":
                    SkipBraces();
                    break;
                case ";":
                    break;
                default:
                    throw new PtxException(line, $"directive '{word}' is not known");
            }
        }
    }

    private void ReadEntry()
    {
        string name = _reader.Next();
        FunctionBody body = new();
        if (_reader.Accept("(")) ReadParameters(body);
        int threads = 1024;
        while (!_reader.Is("{"))
        {
            int line = _reader.Line;
            string directive = _reader.Next();
            if (directive is not (".maxntid" or ".reqntid" or ".minnctapersm" or ".maxnctapersm" or ".maxnreg"))
                throw new PtxException(line, $"directive '{directive}' of a kernel is not known");
            int product = _reader.Integer();
            while (_reader.Accept(",")) product *= _reader.Integer();
            if (directive is ".maxntid" or ".reqntid") threads = product;
        }
        new FunctionParser(module, _reader, body).Read();
        module.KernelTable[name] = new(module, name, body, threads);
    }

    /// <summary>A function is parsed, so that a module with one loads; calling it is refused when a kernel that does is decoded.</summary>
    private void ReadFunction()
    {
        FunctionBody body = new();
        if (_reader.Accept("(")) ReadParameters(body);
        string name = _reader.Next();
        if (_reader.Accept("(")) ReadParameters(body);
        while (!_reader.Is("{") && !_reader.Is(";")) _reader.Next();
        if (_reader.Accept(";")) return;
        new FunctionParser(module, _reader, body).Read();
        module.Functions[name] = body;
    }

    private void ReadParameters(FunctionBody body)
    {
        while (!_reader.Accept(")"))
        {
            if (_reader.Accept(",")) continue;
            _reader.Expect(".param");
            PtxVariable parameter = VariableParser.ReadHead(_reader, StateSpace.Param, out _);
            body.AddParameter(parameter.Name, parameter.Bytes, parameter.Alignment);
        }
    }

    private void SkipBraces()
    {
        while (!_reader.Is("{")) _reader.Next();
        int depth = 0;
        do
        {
            string word = _reader.Next();
            depth += word == "{" ? 1 : word == "}" ? -1 : 0;
        }
        while (depth > 0);
    }
}
