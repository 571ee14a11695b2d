using System.Diagnostics;

namespace Convoke;

/// <summary>Measures, while training and evaluating, the share of samples whose largest output is at their label (the first one where several are). Of several outputs it is the first with a cross-entropy.</summary>
[Conditional("CONVOKE_KEEP_ATTRIBUTES")]
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class AccuracyAttribute : Attribute;
