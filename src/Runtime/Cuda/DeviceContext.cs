namespace Convoke;

/// <summary>
/// The primary context of one device, shared by all sessions on it: retained once, released when the last session and the last of their handles are gone.
/// It is where a fault is remembered, since after one the driver refuses every call of the whole context.
/// </summary>
internal sealed class DeviceContext
{
    private static readonly Lock Gate = new();
    private static readonly Dictionary<int, DeviceContext> Live = [];

    private readonly int _ordinal;
    private readonly CUdevice _device;
    private readonly CUcontext _context;
    private int _users = 1;
    private bool _isReset;
    private volatile int _fault;

    private DeviceContext(int ordinal, CUdevice device, CUcontext context) => (_ordinal, _device, _context) = (ordinal, device, context);

    /// <summary>A fault was returned: nothing works any more, and what device memory held is gone.</summary>
    public bool IsLost => _fault != 0;

    /// <summary>The context of a device, with the caller as a user: <see cref="RemoveUser"/> ends that.</summary>
    /// <exception cref="CudaException">The driver gives none.</exception>
    public static DeviceContext Acquire(int ordinal)
    {
        lock (Gate)
        {
            if (Live.TryGetValue(ordinal, out DeviceContext? live))
            {
                if (!live.IsLost)
                {
                    live._users++;
                    return live;
                }

                live.Reset();
            }

            CUdevice device = default;
            CUcontext context = default;
            CudaErrors.Check(DriverAPINativeMethods.DeviceManagement.cuDeviceGet(ref device, ordinal), "cuDeviceGet");
            CudaErrors.Check(DriverAPINativeMethods.ContextManagement.cuDevicePrimaryCtxRetain(ref context, device), "cuDevicePrimaryCtxRetain");
            return Live[ordinal] = new(ordinal, device, context);
        }
    }

    /// <summary>Counts a handle that must not outlive the context.</summary>
    public void AddUser()
    {
        lock (Gate) _users++;
    }

    /// <summary>The last user releases the context.</summary>
    public void RemoveUser()
    {
        lock (Gate)
        {
            if (--_users > 0) return;
            if (IsLost) Reset();
            _ = DriverAPINativeMethods.ContextManagement.cuDevicePrimaryCtxRelease(_device);
            if (Live.GetValueOrDefault(_ordinal) == this) Live.Remove(_ordinal);
        }
    }

    /// <summary>Makes the context the calling thread's.</summary>
    /// <exception cref="CudaException">It is lost, or the driver refuses.</exception>
    public void MakeCurrent()
    {
        ThrowIfLost();
        CudaErrors.Check(DriverAPINativeMethods.ContextManagement.cuCtxSetCurrent(_context), "cuCtxSetCurrent", this);
    }

    /// <summary>Throws where an earlier call found the context lost: handles must not reach the driver after its reset.</summary>
    public void ThrowIfLost()
    {
        if (IsLost) CudaErrors.Throw((CUResult)_fault, "an earlier call", null, null, null);
    }

    /// <summary>Remembers a result if it is a fault that the context does not survive.</summary>
    public void Note(CUResult result)
    {
        if (CudaErrors.LosesContext(result) && _fault == 0) _fault = (int)result;
    }

    /// <summary>After a fault: the driver frees all that the context has. Handles then have nothing left to free.</summary>
    public void ResetIfLost()
    {
        lock (Gate)
        {
            if (IsLost) Reset();
        }
    }

    /// <summary>Runs a handle's destruction on this context, whatever thread it is, the finalizer's included; afterwards the thread has its own context again.</summary>
    public void Destroy(CudaHandle handle)
    {
        lock (Gate)
        {
            if (_isReset) return;
            CUcontext before = default;
            bool isKnown = DriverAPINativeMethods.ContextManagement.cuCtxGetCurrent(ref before) == CUResult.Success;
            bool isOurs = isKnown && before.Pointer == _context.Pointer;
            if (!isOurs) _ = DriverAPINativeMethods.ContextManagement.cuCtxSetCurrent(_context);
            Note(handle.DestroyNative());
            if (isKnown && !isOurs) _ = DriverAPINativeMethods.ContextManagement.cuCtxSetCurrent(before);
        }
    }

    private void Reset()
    {
        if (_isReset) return;
        _isReset = true;
        _ = DriverAPINativeMethods.ContextManagement.cuDevicePrimaryCtxReset(_device);
    }
}
