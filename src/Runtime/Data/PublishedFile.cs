namespace Convoke;

/// <summary>A file as its publisher offers it: what is asked of mirrors and kept in the cache.</summary>
/// <param name="Name">Name at every mirror and in the cache.</param>
/// <param name="LengthBytes">Its length.</param>
/// <param name="Sha256">SHA-256, lower-case hexadecimal digits.</param>
internal record PublishedFile(string Name, long LengthBytes, string Sha256);
