using System.Diagnostics;

namespace Convoke;

/// <summary>Base of the attributes that say what training makes small. A trainable model has one, and one optimizer.</summary>
[Conditional("CONVOKE_KEEP_ATTRIBUTES")]
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public abstract class LossAttribute : Attribute;
