using System.Runtime.InteropServices;

namespace Convoke;

/// <summary>Something that lives in a context and is destroyed when disposed or, at the latest, when it is lost. Destroying never throws.</summary>
internal abstract class CudaHandle : SafeHandle
{
    /// <param name="context">The context that it lives in, which stays until it is destroyed.</param>
    /// <param name="value">What the driver gave: not zero.</param>
    protected CudaHandle(DeviceContext context, nint value) : base(0, ownsHandle: true)
    {
        context.AddUser();
        Context = context;
        SetHandle(value);
    }

    /// <inheritdoc/>
    public override bool IsInvalid => handle == 0;

    /// <summary>The context that it lives in.</summary>
    protected internal DeviceContext Context { get; }

    /// <summary>Calls the driver's function that destroys it; the context is current.</summary>
    public abstract CUResult DestroyNative();

    /// <summary>Throws where the driver must not be called with it.</summary>
    /// <exception cref="ObjectDisposedException">It is disposed of.</exception>
    /// <exception cref="CudaException">The context is lost.</exception>
    protected internal void ThrowIfUnusable()
    {
        ObjectDisposedException.ThrowIf(IsClosed, this);
        Context.ThrowIfLost();
    }

    /// <inheritdoc/>
    protected sealed override bool ReleaseHandle()
    {
        Context.Destroy(this);
        Context.RemoveUser();
        return true;
    }
}
