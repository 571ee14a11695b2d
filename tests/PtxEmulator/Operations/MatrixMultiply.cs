using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Convoke.PtxEmulator;

internal enum MatrixElement { Tf32, Bf16, Half }

/// <summary>
/// mma.sync m16n8 of rows by columns with 32-bit accumulation. Products are added to the accumulator in ascending order of k, each fused: what hardware
/// does within an instruction is not documented, so results agree with it to rounding only.
/// </summary>
internal sealed unsafe class MatrixMultiply(MatrixElement element, int depth, int[] d, int[] a, int[] b, int[] c) : Operation
{
    private const int Rows = 16, Columns = 8, MaxDepth = 16;

    [SkipLocalsInit]
    public override void Execute(Warp warp)
    {
        float* left = stackalloc float[Rows * MaxDepth], right = stackalloc float[MaxDepth * Columns], sum = stackalloc float[Rows * Columns];
        byte* registers = warp.Registers;
        if (element == MatrixElement.Tf32) GatherTf32(registers, left, right);
        else GatherPairs(registers, left, right);
        for (int i = 0; i < 4; i++)
        {
            float* register = (float*)(registers + c[i]);
            for (int lane = 0; lane < Warp.Lanes; lane++) sum[((lane >> 2) + 8 * (i >> 1)) * Columns + 2 * (lane & 3) + (i & 1)] = register[lane];
        }
        for (int row = 0; row < Rows; row += 4)
        {
            float* factors = left + row * depth;
            Vector256<float> s0 = Vector256.Load(sum + row * 8), s1 = Vector256.Load(sum + row * 8 + 8), s2 = Vector256.Load(sum + row * 8 + 16), s3 = Vector256.Load(sum + row * 8 + 24);
            for (int k = 0; k < depth; k++)
            {
                Vector256<float> line = Vector256.Load(right + k * Columns);
                s0 = Vector256.FusedMultiplyAdd(Vector256.Create(factors[k]), line, s0);
                s1 = Vector256.FusedMultiplyAdd(Vector256.Create(factors[depth + k]), line, s1);
                s2 = Vector256.FusedMultiplyAdd(Vector256.Create(factors[2 * depth + k]), line, s2);
                s3 = Vector256.FusedMultiplyAdd(Vector256.Create(factors[3 * depth + k]), line, s3);
            }
            s0.Store(sum + row * 8);
            s1.Store(sum + row * 8 + 8);
            s2.Store(sum + row * 8 + 16);
            s3.Store(sum + row * 8 + 24);
        }
        for (int i = 0; i < 4; i++)
        {
            float* register = (float*)(registers + d[i]);
            for (int lane = 0; lane < Warp.Lanes; lane++) register[lane] = sum[((lane >> 2) + 8 * (i >> 1)) * Columns + 2 * (lane & 3) + (i & 1)];
        }
        warp.Block.Tally.MatrixInstructions++;
        warp.Block.Tally.FmaLanes += Rows * Columns * depth;
    }

    /// <summary>Lane 4g + t holds rows g and g + 8 at k = t and t + 4, and column g at the same k. The low 13 bits are not looked at.</summary>
    private void GatherTf32(byte* registers, float* left, float* right)
    {
        for (int i = 0; i < a.Length; i++)
        {
            uint* register = (uint*)(registers + a[i]);
            for (int lane = 0; lane < Warp.Lanes; lane++)
                left[((lane >> 2) + 8 * (i & 1)) * depth + (lane & 3) + 4 * (i >> 1)] = FloatBits.Single(register[lane] & ~0x1FFFu);
        }
        for (int i = 0; i < b.Length; i++)
        {
            uint* register = (uint*)(registers + b[i]);
            for (int lane = 0; lane < Warp.Lanes; lane++) right[((lane & 3) + 4 * i) * Columns + (lane >> 2)] = FloatBits.Single(register[lane] & ~0x1FFFu);
        }
    }

    /// <summary>Lane 4g + t holds rows g and g + 8 at k = 2t, 2t + 1 and 8 more, and column g at the same k; two values a register, the lower first.</summary>
    private void GatherPairs(byte* registers, float* left, float* right)
    {
        for (int i = 0; i < a.Length; i++)
        {
            uint* register = (uint*)(registers + a[i]);
            float* target = left + 8 * (i & 1) * depth + 8 * (i >> 1);
            for (int lane = 0; lane < Warp.Lanes; lane++)
            {
                float* pair = target + (lane >> 2) * depth + 2 * (lane & 3);
                pair[0] = Low(register[lane]);
                pair[1] = High(register[lane]);
            }
        }
        for (int i = 0; i < b.Length; i++)
        {
            uint* register = (uint*)(registers + b[i]);
            for (int lane = 0; lane < Warp.Lanes; lane++)
            {
                float* pair = right + (2 * (lane & 3) + 8 * i) * Columns + (lane >> 2);
                pair[0] = Low(register[lane]);
                pair[Columns] = High(register[lane]);
            }
        }
    }

    private float Low(uint pair) => element == MatrixElement.Bf16 ? FloatBits.Single(pair << 16) : FloatBits.FromHalf((ushort)pair);

    private float High(uint pair) => element == MatrixElement.Bf16 ? FloatBits.Single(pair & 0xFFFF0000) : FloatBits.FromHalf((ushort)(pair >> 16));
}
