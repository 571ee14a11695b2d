namespace Convoke;

/// <summary>Fetches published files from mirrors, with proof. A mirror that cannot be reached is not asked again.</summary>
internal sealed class MirrorDownload(IReadOnlyList<Uri> mirrors, DataPlaces places, List<string> log) : IDisposable
{
    private readonly List<Uri> _reachable = [.. mirrors];
    private readonly HttpClient _client = new(places.CreateHandler()) { Timeout = Timeout.InfiniteTimeSpan };

    /// <summary>The bytes of <paramref name="file"/>, length and checksum verified, or null when no mirror has them; each failure is logged.</summary>
    public async Task<byte[]?> TryFetchAsync(PublishedFile file, CancellationToken cancellationToken)
    {
        foreach (Uri mirror in _reachable.ToArray())
        {
            Uri address = new(mirror, file.Name);
            try
            {
                byte[] bytes = await FetchAsync(address, file, cancellationToken).ConfigureAwait(false);
                if (DatasetCache.IsOfficial(file, bytes, address.ToString(), out string reason)) return bytes;
                log.Add(reason);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                log.Add($"{address}: no answer within {places.AnswerTimeout.TotalSeconds:0.#} s, or silence for {places.SilenceTimeout.TotalSeconds:0.#} s");
                _reachable.Remove(mirror);
            }
            catch (HttpRequestException error) when (error.StatusCode is { } status)
            {
                log.Add($"{address}: HTTP {(int)status} {status}");
            }
            catch (HttpRequestException error)
            {
                log.Add($"{address}: {error.Message}");
                _reachable.Remove(mirror);
            }
            catch (IOException error)
            {
                log.Add($"{address}: {error.Message}");
            }
        }

        return null;
    }

    public void Dispose() => _client.Dispose();

    private async Task<byte[]> FetchAsync(Uri address, PublishedFile file, CancellationToken cancellationToken)
    {
        using CancellationTokenSource clock = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        clock.CancelAfter(places.AnswerTimeout);
        using HttpResponseMessage response = await _client.GetAsync(address, HttpCompletionOption.ResponseHeadersRead, clock.Token).ConfigureAwait(false);
        response.EnsureSuccessStatusCode();

        using Stream body = await response.Content.ReadAsStreamAsync(clock.Token).ConfigureAwait(false);
        // One byte more than is right: a longer answer is noticed and never stored.
        byte[] bytes = new byte[file.LengthBytes + 1];
        int length = 0, read;
        do
        {
            clock.CancelAfter(places.SilenceTimeout);
            read = await body.ReadAsync(bytes.AsMemory(length), clock.Token).ConfigureAwait(false);
            length += read;
        }
        while (read > 0 && length <= file.LengthBytes);

        if (length == file.LengthBytes) return bytes[..length];
        throw new IOException($"found {(length > file.LengthBytes ? "more" : $"{length} bytes")}, expected {file.LengthBytes} bytes");
    }
}
