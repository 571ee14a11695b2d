using Convoke.Kernels.Graphs;
using Convoke.Kernels.KernelIr;
using Convoke.Kernels.Models;

namespace Convoke.Kernels.Scheduling;

/// <summary>Joins runs of ops that work element by element into one kernel each: relu(norm(x) + y) reads two maps and writes one.</summary>
public sealed class PointwiseFusion
{
    /// <summary>Longest run: the maps that it reads grow with it, and so do registers.</summary>
    private const int LongestRun = 8;

    private readonly Graph _graph;
    private readonly StorageRules _storage;
    private readonly HashSet<int> _covered;
    private readonly HashSet<int> _joined = [];

    /// <param name="graph">The graph, with adjoints while training.</param>
    /// <param name="storage">How values are stored.</param>
    /// <param name="covered">Values that other kernels make.</param>
    public PointwiseFusion(Graph graph, StorageRules storage, HashSet<int> covered)
    {
        (_graph, _storage, _covered) = (graph, storage, covered);
        var length = new Dictionary<int, int>();
        foreach (Value value in graph.Values.Where(IsOwn))
        {
            length[value.Id] = 1;
            foreach (int input in value.Inputs.Distinct())
            {
                bool onlyReader = IsOwn(graph[input]) && !graph.Outputs.Contains(input) && graph.Consumers(input).Count() == 1;
                if (!onlyReader || length[value.Id] + length[input] > LongestRun) continue;
                length[value.Id] += length[input];
                _joined.Add(input);
            }
        }
    }

    /// <summary>Whether an op's result depends on its operands at the same element, and channel vectors, only.</summary>
    private static bool IsPointwise(Op op) => op is Op.BiasAdd or Op.Relu or Op.Activation or Op.Add or Op.Multiply or Op.BatchNorm or Op.Normalize or Op.ReluGrad or Op.ActivationGrad or Op.BatchNormGrad;

    /// <summary>Whether the value is computed element by element, and by no other kernel.</summary>
    private bool IsOwn(Value value) => IsPointwise(value.Op) && value.Shape.PerSample && !_covered.Contains(value.Id);

    /// <summary>Whether the value is the result of a kernel here: not so where its only reader computes it on the way.</summary>
    public bool IsResult(Value value) => IsOwn(value) && !_joined.Contains(value.Id);

    /// <summary>The kernel that yields <paramref name="value"/>, with all that joins it.</summary>
    public PointwiseGroup Group(Value value, string name)
    {
        var build = new Run(this);
        build.Add(value);
        bool backward = value.Op is Op.ReluGrad or Op.ActivationGrad or Op.BatchNormGrad || value.Name.StartsWith("d_", StringComparison.Ordinal);
        return new(name, value.Call, backward ? "Grad" : "Apply", _storage.Of(value.Id), [.. build.Maps], [.. build.Vectors], new(build.Comment, build.UsedConstants(), build.Body), build.KeepsZero, value.Id);
    }

    /// <summary>One kernel's code as it grows.</summary>
    private sealed class Run(PointwiseFusion fusion)
    {
        private readonly Dictionary<int, Expression> _done = [];
        private readonly List<string> _formulas = [];
        private int _joinedValues;

        public List<int> Maps { get; } = [];

        public List<ChannelVector> Vectors { get; } = [];

        public List<Assignment> Body { get; } = [];

        public List<NamedConstant> Constants { get; } = [];

        public bool KeepsZero { get; private set; } = true;

        public string Comment => string.Join("; ", _formulas);

        /// <summary>Of the constants that might be needed, those that are.</summary>
        public NamedConstant[] UsedConstants()
        {
            var names = new HashSet<string>(Body.SelectMany(static a => a.Value.Constants()));
            return [.. Constants.Where(c => names.Contains(c.Name))];
        }

        /// <summary>Assigns the result.</summary>
        public void Add(Value value) => Assign(value, "y");

        private void Assign(Value value, string target)
        {
            Expression code = Code(value, out string formula);
            Body.Add(new(target, code));
            _formulas.Add($"{target} = {formula}");
            _done[value.Id] = target;
        }

        private Expression Operand(Value value, int operand)
        {
            int id = value.Inputs[operand];
            Value source = fusion._graph[id];
            if (_done.TryGetValue(id, out Expression? known)) return known;
            if (fusion._joined.Contains(id))
            {
                Assign(source, "t" + _joinedValues++);
                return _done[id];
            }

            int root = fusion._storage.Root(id), place = Maps.IndexOf(root);
            if (place < 0)
            {
                place = Maps.Count;
                Maps.Add(root);
            }

            return _done[id] = "x" + place;
        }

        private Expression Code(Value value, out string formula)
        {
            Expression X(int operand) => Operand(value, operand);
            switch (value.Op)
            {
                case Op.BiasAdd:
                    formula = "x + b";
                    return X(0) + Vector("bias", value.Inputs[1], null);
                case Op.Relu:
                    formula = "relu";
                    return new Expression.Relu(X(0));
                case Op.Activation f:
                    formula = f.Kind.ToString().ToLowerInvariant();
                    Need(f.Slope);
                    KeepsZero &= f.Kind is not (ActivationKind.Sigmoid or ActivationKind.Tanh);    // an exponential of zero may be one only nearly
                    return ActivationStep.Value(f.Kind, X(0), f.Slope);
                case Op.Add:
                    formula = "sum";
                    return X(0) + X(1);
                case Op.Multiply:
                    formula = "product";
                    return X(0) * X(1);
                case Op.ReluGrad:
                    formula = "dy where the ReLU is open";
                    Need(0);
                    return ActivationStep.Gradient(ActivationKind.Relu, X(0), X(1), 0);
                case Op.ActivationGrad f:
                    formula = $"dy {f.Kind.ToString().ToLowerInvariant()}'";
                    Need(f.Slope);
                    return ActivationStep.Gradient(f.Kind, X(0), X(1), f.Slope);
                case Op.BatchNorm:
                    formula = "(x - mean) scale + beta";
                    return new Expression.MultiplyAdd(X(0) - Vector("mean", value.Inputs[1], NormVector.Mean), Vector("scale", value.Inputs[1], NormVector.Scale), Vector("beta", value.Inputs[3], null));
                case Op.Normalize:
                    formula = "(x - mean) scale + beta";
                    return new Expression.MultiplyAdd(X(0) - Vector("mean", value.Inputs[1], null), Vector("scale", value.Inputs[3], NormVector.RunningScale), Vector("beta", value.Inputs[4], null));
                case Op.BatchNormGrad:
                    formula = "scale (dy - mean dy - (x - mean) slope)";
                    int moments = value.Inputs[2];
                    return Vector("scale", moments, NormVector.Scale) * (X(0) - Vector("gradMean", moments, NormVector.GradMean) - (X(1) - Vector("mean", moments, NormVector.Mean)) * Vector("slope", moments, NormVector.GradSlope));
                default:
                    throw new NotSupportedException($"{value.Op.Mnemonic} is not element by element");
            }
        }

        private void Need(double slope)
        {
            foreach (NamedConstant constant in ActivationStep.Constants(slope))
                if (Constants.All(c => c.Name != constant.Name)) Constants.Add(constant);
        }

        private Expression Vector(string name, int owner, NormVector? vector)
        {
            ChannelVector? known = Vectors.Find(v => v.Owner == owner && v.Vector == vector);
            if (known is null)
            {
                if (Vectors.Exists(v => v.Name == name)) name += Vectors.Count;
                Vectors.Add(known = new(name, owner, vector));
            }

            return known.Name;
        }
    }
}
