namespace Convoke.EmulatedDriver;

/// <summary>Counts calls by function and makes the ones that a test chose fail.</summary>
internal sealed class CallLog
{
    private readonly Dictionary<string, int> _counts = [];
    private readonly List<Injection> _injections = [];

    private sealed record Injection(string Function, int AtCall, Result Code);

    public int Count(string function) => _counts.GetValueOrDefault(function);

    /// <summary>The <paramref name="nth"/> call from now (1: the next) of a function returns <paramref name="code"/> and does nothing else. 0 takes back what has not happened.</summary>
    public void Inject(string function, int nth, Result code)
    {
        if (nth == 0)
        {
            _injections.RemoveAll(injection => injection.Function == function);
            return;
        }

        if (nth < 0 || code == Result.Success) throw new DriverError(Result.InvalidValue, "an injection needs a call from 1 on and an error code, or call 0 to take it back");
        _injections.Add(new(function, Count(function) + nth, code));
    }

    /// <summary>Counts a call; the code that it must return, or Success.</summary>
    public Result Enter(string function)
    {
        int call = _counts[function] = Count(function) + 1;
        if (_injections.Count == 0) return Result.Success;
        int found = _injections.FindIndex(injection => injection.Function == function && injection.AtCall == call);
        if (found < 0) return Result.Success;
        Result code = _injections[found].Code;
        _injections.RemoveAt(found);
        return code;
    }
}
