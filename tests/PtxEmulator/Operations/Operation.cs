namespace Convoke.PtxEmulator;

/// <summary>A decoded instruction. It reads and writes registers of the warp by byte offset, for the lanes of <see cref="Warp.Mask"/>.</summary>
internal abstract class Operation
{
    public abstract void Execute(Warp warp);

    /// <summary>One operation that does this one and then <paramref name="next"/>, or null: runs of equal operations save the calls between them.</summary>
    public virtual Operation? Join(Operation next) => null;
}
