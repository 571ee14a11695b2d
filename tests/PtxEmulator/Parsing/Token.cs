namespace Convoke.PtxEmulator;

/// <summary>A word, number, string or punctuation mark and the line it stands on.</summary>
internal readonly record struct Token(string Text, int Line);
