using Convoke.Kernels.Models;
using Convoke.Kernels.Scheduling;

namespace Convoke.Kernels.Cuda.TensorCores;

/// <summary>What tensor cores multiply: operands of 32-bit words, each one TF32, two BF16 or two F16, and the text that makes, loads and multiplies them.</summary>
/// <remarks>
/// The fragments of m16n8k8 (TF32) and m16n8k16 (BF16, F16) are the same in words (PTX ISA, "Matrix Fragments for mma"), so one text serves all: a step of the
/// reduction is 8 words. Values stay f32 in memory and are rounded as they are staged; sums are f32. Weights are kept once more as operands, in the order in which
/// lanes load them, 16 bytes at a time; the optimizer writes them with the weight. At Float32x3 a word is the f32 as it is, which <see cref="TensorCores.Products"/> splits.
/// </remarks>
public sealed class Operands(Precision precision)
{
    /// <summary>Values in a word.</summary>
    public int Pack => precision is Precision.BFloat16 or Precision.Float16 ? 2 : 1;

    /// <summary>Whether they are f16, which 7.5 multiplies, too, and <see cref="HalfText"/> has the text of.</summary>
    public bool IsHalf => precision == Precision.Float16;

    /// <summary>How factors become products.</summary>
    public Products Products { get; } = new(precision == Precision.Float32x3);

    /// <summary>How gradients become factors.</summary>
    public GradientFactors Gradients { get; } = new(precision == Precision.Float16);

    /// <summary>Name of the operands' type, for comments.</summary>
    public string Name => precision switch { Precision.Float16 => "f16", Precision.BFloat16 => "bf16", Precision.TF32 => "tf32", _ => "f32" };

    /// <summary>What becomes of a value, for comments.</summary>
    public string Staged => Products.IsSplit ? "split in two tf32 where it is multiplied" : $"rounded to {Name} where it is staged";

    /// <summary>What factors are, for comments.</summary>
    public string Factors => Products.IsSplit ? "two tf32" : Name;

    /// <summary>Likewise in reductions over samples and places, which are F16, TF32 or split.</summary>
    public string SampleFactors => Products.IsSplit ? "two tf32" : IsHalf ? "f16" : "tf32";

    /// <summary>Likewise, of what becomes of their values.</summary>
    public string SamplesStaged => Products.IsSplit ? "split in two tf32 where they are multiplied" : $"rounded to {SampleFactors} where they are staged";

    /// <summary>Compute capability that has the instructions, times ten.</summary>
    public int Capability => IsHalf ? 75 : 80;

    /// <summary>Shared memory that a block may have on every device with these tensor cores.</summary>
    public int MaxSharedBytes => (IsHalf ? 64 : 99) * 1024;

    /// <summary>Bytes of operands that stay in the first-level cache beside the blocks' shared memory: both are one memory, of 96 KiB at 7.5, of 192 on the devices that the others are made for.</summary>
    public int MaxCachedBytes => (IsHalf ? 32 : 96) * 1024;

    /// <summary>Values of a step of the reduction.</summary>
    public int StepValues => 8 * Pack;

    /// <summary>Floats that a filter's operands take: [columns / 16][taps][channels / step][lane][4 words].</summary>
    public int ConvFloats(int columns, int taps, int channels) => columns * taps * channels / Pack;

    /// <summary>Double steps of a dense reduction: 16 words of each row.</summary>
    public int DenseSteps(int reduction) => (reduction + (16 * Pack) - 1) / (16 * Pack);

    /// <summary>Floats that a dense layer's operands take: [columns / 8][double steps][lane][4 words].</summary>
    public int DenseFloats(int columns, int reduction) => (columns + 7) / 8 * DenseSteps(reduction) * 128;

    /// <summary>Emits operand, store_operands, load_matrix and mma.</summary>
    public void EmitMultiply(CudaWriter writer)
    {
        EmitOperand(writer);
        writer.Helper("load_matrix", """
            // four 8x16-byte matrices out of shared memory: lane l names row l % 16, bytes 16 * (l / 16) on
            __device__ __forceinline__ void load_matrix(u32 (&a)[4], u32 row)
            {
                asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];" : "=r"(a[0]), "=r"(a[1]), "=r"(a[2]), "=r"(a[3]) : "r"(row));
            }
            """);
        EmitCopies(writer);
        EmitStore(writer);
    }

    /// <summary>Emits store_operands.</summary>
    public void EmitStore(CudaWriter writer)
    {
        EmitOperand(writer);
        writer.Helper("store_operands", Pack == 1 ? """
            // four values as operands
            __device__ __forceinline__ void store_operands(u32* to, const float4& x)
            {
                *reinterpret_cast<uint4*>(to) = make_uint4(operand(x.x), operand(x.y), operand(x.z), operand(x.w));
            }
            """ : """
            // four values as operands
            __device__ __forceinline__ void store_operands(u32* to, const float4& x)
            {
                *reinterpret_cast<uint2*>(to) = make_uint2(operand(x.x, x.y), operand(x.z, x.w));
            }
            """);
    }

    /// <summary>Emits load_transposed, of 16-bit values.</summary>
    public static void EmitTransposed(CudaWriter writer) => writer.Helper("load_transposed", """
        // four 8x8 matrices of 16-bit values out of shared memory, each turned: lane l names row l % 8 of matrix l / 8
        __device__ __forceinline__ void load_transposed(u32 (&a)[4], u32 row)
        {
            asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];" : "=r"(a[0]), "=r"(a[1]), "=r"(a[2]), "=r"(a[3]) : "r"(row));
        }
        """);

    /// <summary>Emits operand and mma.</summary>
    public void EmitOperand(CudaWriter writer)
    {
        Products.EmitHelpers(writer);
        writer.Helper("operand", IsHalf ? HalfText.Operand : Products.IsSplit ? """
            // as it is: it is split where it is multiplied
            __device__ __forceinline__ u32 operand(float x)
            {
                return __float_as_uint(x);
            }
            """ : Pack == 1 ? """
            // rounded to TF32, ten bits of mantissa, ties away from zero
            __device__ __forceinline__ u32 operand(float x)
            {
                u32 word;
                asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(word) : "f"(x));
                return word;
            }
            """ : """
            // two values rounded to BF16, ties to even; the first is the lower half
            __device__ __forceinline__ u32 operand(float x, float y)
            {
                u32 word;
                asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(word) : "f"(y), "f"(x));
                return word;
            }
            """);
        if (IsHalf) writer.Helper("mma", HalfText.Multiply);
        else writer.Helper("mma", $$"""
            // d[16][8] += a[16][{{StepValues}}] b[{{StepValues}}][8]: lane l holds rows l / 4 and l / 4 + 8, columns 2 (l % 4) and the next, of d
            __device__ __forceinline__ void mma(float (&d)[4], u32 a0, u32 a1, u32 a2, u32 a3, u32 b0, u32 b1)
            {
                asm volatile("mma.sync.aligned.{{(Pack == 1 ? "m16n8k8.row.col.f32.tf32.tf32" : "m16n8k16.row.col.f32.bf16.bf16")}}.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
                    : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3]) : "r"(a0), "r"(a1), "r"(a2), "r"(a3), "r"(b0), "r"(b1));
            }
            """);
    }

    /// <summary>Emits shared_address, copy_async and wait_copies.</summary>
    public void EmitCopies(CudaWriter writer)
    {
        writer.Helper("shared_address", """
            __device__ __forceinline__ u32 shared_address(const void* p)
            {
                u64 address;
                asm("cvta.to.shared.u64 %0, %1;" : "=l"(address) : "l"(p));
                return static_cast<u32>(address);
            }
            """);
        Copies(writer, "copy_async", """
            // 16 bytes into shared memory, past the registers; there after wait_copies and a barrier
            __device__ __forceinline__ void copy_async(void* to, const void* from)
            {
                asm volatile("cp.async.cg.shared.global [%0], [%1], 16;" :: "r"(shared_address(to)), "l"(from) : "memory");
            }

            __device__ __forceinline__ void wait_copies()
            {
                asm volatile("cp.async.commit_group;\ncp.async.wait_group 0;" ::: "memory");
            }
            """);
    }

    /// <summary>Emits commit_copies and wait_older_copies.</summary>
    public void EmitLots(CudaWriter writer) => Copies(writer, "commit_copies", """
        // the copies since the last call are one lot
        __device__ __forceinline__ void commit_copies()
        {
            asm volatile("cp.async.commit_group;" ::: "memory");
        }

        // the copies since then are another; all lots but this one are there after a barrier
        __device__ __forceinline__ void wait_older_copies()
        {
            asm volatile("cp.async.commit_group;\ncp.async.wait_group 1;" ::: "memory");
        }
        """);

    private void Copies(CudaWriter writer, string name, string text) => writer.Helper(name, IsHalf ? HalfText.Guarded(text) : text);

    /// <summary>Emits sample_operand and sample_mma: TF32, whole or split, whatever the precision is, for reductions over samples.</summary>
    public void EmitMultiplySamples(CudaWriter writer)
    {
        Products.EmitHelpers(writer);
        writer.Helper("sample_mma", (Products.IsSplit ? """
        // as it is: it is split where it is multiplied
        __device__ __forceinline__ u32 sample_operand(float x)
        {
            return __float_as_uint(x);
        }
        """ : """
        // rounded to TF32, ten bits of mantissa, ties away from zero
        __device__ __forceinline__ u32 sample_operand(float x)
        {
            u32 word;
            asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(word) : "f"(x));
            return word;
        }
        """) + "\n\n" + """
        // d[16][8] += a[16][8] b[8][8], the reduction over samples
        __device__ __forceinline__ void sample_mma(float (&d)[4], u32 a0, u32 a1, u32 a2, u32 a3, u32 b0, u32 b1)
        {
            asm volatile("mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
                : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3]) : "r"(a0), "r"(a1), "r"(a2), "r"(a3), "r"(b0), "r"(b1));
        }
        """);
    }

    /// <summary>Emits set_operand: one value of an operand that lies in memory.</summary>
    public void EmitSet(CudaWriter writer)
    {
        EmitOperand(writer);
        writer.Helper("set_operand", Pack == 1 ? """
            // value at of the operands
            __device__ __forceinline__ void set_operand(float* __restrict__ operands, int at, float x)
            {
                reinterpret_cast<u32*>(operands)[at] = operand(x);
            }
            """ : """
            // value at of the operands
            __device__ __forceinline__ void set_operand(float* __restrict__ operands, int at, float x)
            {
                reinterpret_cast<unsigned short*>(operands)[at] = static_cast<unsigned short>(operand(x, 0.0f));
            }
            """);
    }

    /// <summary>Emits conv_operand: the place of a filter's value among its operands.</summary>
    public void EmitConvPlace(CudaWriter writer) => writer.Helper("conv_operand", $$"""
        // where the value of column n, tap and channel c stands in [columns / 16][taps][channels / {{StepValues}}][lane][4 words]: a lane's words are two of either eight columns
        __device__ __forceinline__ int conv_operand(int n, int tap, int c, int taps, int channels)
        {
            constexpr int PACK = {{Pack}};
            const int word = c / PACK % 8, lane = n % 8 * 4 + word % 4;
            return (((n / 16 * taps + tap) * (channels / (8 * PACK)) + c / (8 * PACK)) * 128 + lane * 4 + n / 8 % 2 * 2 + word / 4) * PACK + c % PACK;
        }
        """);

    /// <summary>Emits fprop_column: which column of a forward product an output channel is.</summary>
    public static void EmitFpropColumn(CudaWriter writer) => writer.Helper("fprop_column", """
        // column of an output channel: in 16 of them a lane has columns 2 q and 2 q + 1 of both 8-column tiles, which are made four neighbouring channels
        __device__ __forceinline__ int fprop_column(int k)
        {
            return k / 16 * 16 + k / 2 % 2 * 8 + k % 16 / 4 * 2 + k % 2;
        }
        """);

    /// <summary>Emits samples_operand: the place of a first layer's weight among its operands, in the order of <see cref="SampleTile"/>.</summary>
    public void EmitSamplesPlace(CudaWriter writer)
    {
        EmitConvPlace(writer);
        writer.Helper("samples_operand", $$"""
            // where the value of column n, filter row r and value i of its run stands in [columns / 16][steps][lane][4 words]: first the words of all runs that come in fours, then what is left of each
            __device__ __forceinline__ int samples_operand(int n, int r, int i, int rows, int run)
            {
                constexpr int PACK = {{Pack}};
                const int words = (run + PACK - 1) / PACK, quads = words / 4 * 4, word = i / PACK;
                const int at = word < quads ? r * quads + word : rows * quads + r * (words - quads) + word - quads;
                return conv_operand(n, 0, at * PACK + i % PACK, 1, (rows * words + 7) / 8 * (8 * PACK));
            }
            """);
    }

    /// <summary>Emits dense_operand: the place of a weight among its operands.</summary>
    public void EmitDensePlace(CudaWriter writer) => writer.Helper("dense_operand", $$"""
        // where the value of column n and row k stands in [columns / 8][steps][lane][4 words]: a lane's words are neighbours, which the sum over k does not mind
        __device__ __forceinline__ int dense_operand(int n, int k, int steps)
        {
            constexpr int PACK = {{Pack}};
            const int word = k / PACK % 16, lane = n % 8 * 4 + word / 4;
            return ((n / 8 * steps + k / (16 * PACK)) * 128 + lane * 4 + word % 4) * PACK + k % PACK;
        }
        """);
}
