using Convoke.Compiled;

namespace Convoke;

/// <summary>Data sets that are resident on the device: bytes or floats, NHWC; copied there once.</summary>
internal sealed unsafe class DeviceDatasets(CudaSession session, CudaQueue queue, NetworkPlan plan) : IDisposable
{
    /// <summary>Training, validation and test data.</summary>
    private const int MaxResident = 3;

    /// <summary>Bytes copied at a time.</summary>
    private const int ChunkBytes = 4 << 20;

    /// <summary>What must stay free on the device for everything else, in bytes.</summary>
    private const long Headroom = 256L << 20;

    private readonly List<Resident> _resident = [];

    /// <summary>A data set on the device.</summary>
    /// <param name="Data">The set, by identity.</param>
    /// <param name="Images">Samples, of several inputs one behind the other.</param>
    /// <param name="Labels">i32[Count, labels that the model takes of a sample]; null where it takes none.</param>
    /// <param name="Targets">f32[Count, target values that it takes of a sample]; null where it takes none.</param>
    internal sealed record Resident(WeakReference<Dataset> Data, DeviceBlock Images, DeviceBlock? Labels, DeviceBlock? Targets) : IDisposable
    {
        public void Dispose()
        {
            Images.Dispose();
            Labels?.Dispose();
            Targets?.Dispose();
        }
    }

    /// <summary>The set's place on the device, where it is copied if it is not there; null when it does not fit.</summary>
    public Resident? Find(Dataset data)
    {
        for (int i = _resident.Count - 1; i >= 0; i--)
        {
            if (!_resident[i].Data.TryGetTarget(out Dataset? known))
            {
                // Its kernels may still be queued.
                queue.Synchronize();
                _resident[i].Dispose();
                _resident.RemoveAt(i);
            }
            else if (ReferenceEquals(known, data))
            {
                // The one that was used last stands last: the first goes when there is no more room.
                Resident found = _resident[i];
                _resident.RemoveAt(i);
                _resident.Add(found);
                return found;
            }
        }
        DatasetInputs inputs = new(plan, data);
        DatasetTargets truth = new(plan, data);
        long imageBytes = (long)data.Count * inputs.SampleBytes, labelBytes = (long)data.Count * (truth.DeviceLabels + truth.DeviceTargets) * sizeof(int);
        long free = session.Memory().Free;
        if (imageBytes + labelBytes > free - Math.Min(Headroom, free / 4)) return null;
        if (_resident.Count == MaxResident)
        {
            queue.Synchronize();
            _resident[0].Dispose();
            _resident.RemoveAt(0);
        }
        Resident made = Copy(data, imageBytes, inputs, truth);
        _resident.Add(made);
        CudaTrace.Write(1, $"{data.Name}: {imageBytes + labelBytes} bytes copied to the device for {plan.Name}");
        return made;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Resident resident in _resident) resident.Dispose();
        _resident.Clear();
    }

    private Resident Copy(Dataset data, long imageBytes, DatasetInputs inputs, DatasetTargets truth)
    {
        DeviceBlock images = session.Allocate(imageBytes);
        DeviceBlock? labels = null, targets = null;
        try
        {
            if (truth.DeviceLabels > 0) labels = session.Allocate((long)data.Count * truth.DeviceLabels * sizeof(int));
            if (truth.DeviceTargets > 0) targets = session.Allocate((long)data.Count * truth.DeviceTargets * sizeof(float));
            int samples = Math.Max(1, ChunkBytes / inputs.SampleBytes);
            int truthBytes = (truth.DeviceLabels + truth.DeviceTargets) * sizeof(int), rows = Math.Max(1, ChunkBytes / Math.Max(truthBytes, 1));
            using PinnedBlock stage = session.AllocatePinned(Math.Max(Math.Max((long)samples * inputs.SampleBytes, (long)rows * truthBytes), ChunkBytes));
            for (int first = 0; first < data.Count; first += samples)
            {
                int count = Math.Min(samples, data.Count - first);
                inputs.CopyToDevice(first, count, new Span<byte>(stage.Pointer, count * inputs.SampleBytes));
                queue.CopyToDevice(images.Pointer + ((ulong)first * (ulong)inputs.SampleBytes), stage.Pointer, (long)count * inputs.SampleBytes);
                queue.Synchronize();
            }
            for (int first = 0; first < data.Count && truthBytes > 0; first += rows)
            {
                int count = Math.Min(rows, data.Count - first);
                int* toLabels = (int*)stage.Pointer;
                float* toTargets = (float*)(toLabels + (count * truth.DeviceLabels));
                for (int n = 0; n < count; n++)
                    truth.CopyToDevice(first + n, new Span<int>(toLabels + (n * truth.DeviceLabels), truth.DeviceLabels), new Span<float>(toTargets + (n * truth.DeviceTargets), truth.DeviceTargets));
                if (labels is not null) queue.CopyToDevice(labels.Pointer + ((ulong)first * (ulong)truth.DeviceLabels * sizeof(int)), toLabels, (long)count * truth.DeviceLabels * sizeof(int));
                if (targets is not null) queue.CopyToDevice(targets.Pointer + ((ulong)first * (ulong)truth.DeviceTargets * sizeof(float)), toTargets, (long)count * truth.DeviceTargets * sizeof(float));
                queue.Synchronize();
            }
            return new(new WeakReference<Dataset>(data), images, labels, targets);
        }
        catch
        {
            images.Dispose();
            labels?.Dispose();
            targets?.Dispose();
            throw;
        }
    }
}
