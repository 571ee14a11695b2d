namespace Convoke.PtxEmulator;

/// <summary>
/// Time as race detection sees it. An interval is what a block does between two barriers; intervals are numbered on through all launches of a machine's
/// memory, so that entries of earlier launches are stale without clearing anything.
/// </summary>
/// <param name="Launch">First interval of the launch.</param>
/// <param name="Block">First interval of the running block. Blocks run one after the other when races are looked for.</param>
/// <param name="Current">The interval under way.</param>
internal readonly record struct RaceClock(uint Launch, uint Block, uint Current);
