namespace Convoke;

/// <summary>What a model's products are made of on a GPU. Weights, activations, sums, the last layer, loss and optimizer are float32 in all of them, and so is everything on a processor.</summary>
public enum Precision
{
    /// <summary>float32 throughout, by fused multiply-adds: what the processor computes, up to the order of sums.</summary>
#pragma warning disable CA1720 // the field's name for it
    Float32,
#pragma warning restore CA1720

    /// <summary>
    /// Convolutions and dense layers on tensor cores, whose operands are rounded to TF32, ten bits of mantissa: a relative error of 2^-11 an operand. What PyTorch does in
    /// convolutions unless it is told otherwise. Compute capability 8.0 and up.
    /// </summary>
    TF32,

    /// <summary>
    /// Convolutions and dense layers on tensor cores, whose operands are rounded to bfloat16, seven bits of mantissa: a relative error of 2^-8 an operand; twice the rate of
    /// <see cref="TF32"/>. There is no loss scaling to choose: the exponents are float32's. Compute capability 8.0 and up.
    /// </summary>
    BFloat16,

    /// <summary>
    /// Convolutions and dense layers on tensor cores, at the accuracy of <see cref="Float32"/>: every operand is split in two TF32 numbers, the nearest one and what that leaves, and a product
    /// is the sum of three: a relative error of about 2^-22. Three times the products of <see cref="TF32"/>. Known as 3xTF32: NVIDIA CUTLASS, example 27; Ootomo and Yokota,
    /// "Recovering single precision accuracy from Tensor Cores while surpassing the FP32 theoretical peak performance", 2022, arXiv 2203.03341. Compute capability 8.0 and up.
    /// </summary>
    Float32x3,

    /// <summary>
    /// Convolutions and dense layers on tensor cores, whose operands are rounded to IEEE half precision, ten bits of mantissa: a relative error of 2^-11 an operand, at the rate of
    /// <see cref="BFloat16"/>, and on GPUs that have no other tensor cores. Half precision has five bits of exponent: operands saturate at 65504 in either direction, and gradients, which are small, are multiplied by
    /// 2^10 where they become operands and the sums of their products by 2^-10, both exactly; nothing else is scaled. Compute capability 7.5 and up.
    /// </summary>
    Float16,
}
