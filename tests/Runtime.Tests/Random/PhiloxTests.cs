namespace Convoke.Runtime.Tests.Random;

public sealed class PhiloxTests
{
    /// <summary>The known-answer vectors that the authors publish with their library (Random123, kat_vectors, philox4x32 10).</summary>
    [Theory]
    [InlineData(0u, 0u, 0u, 0u, 0u, 0u, 0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u)]
    [InlineData(0xffffffffu, 0xffffffffu, 0xffffffffu, 0xffffffffu, 0xffffffffu, 0xffffffffu, 0x408f276du, 0x41c83b0eu, 0xa20bc7c6u, 0x6d5451fdu)]
    [InlineData(0x243f6a88u, 0x85a308d3u, 0x13198a2eu, 0x03707344u, 0xa4093822u, 0x299f31d0u, 0xd16cfe09u, 0x94fdccebu, 0x5001e420u, 0x24126ea1u)]
    public void Blocks_are_those_of_the_published_vectors(uint c0, uint c1, uint c2, uint c3, uint k0, uint k1, uint r0, uint r1, uint r2, uint r3) =>
        Assert.Equal(new Philox.Block(r0, r1, r2, r3), Philox.Generate(c0, c1, c2, c3, k0, k1));

    [Fact]
    public void Seed_site_stream_and_counter_have_words_of_their_own()
    {
        Assert.Equal(Philox.Generate(0x55667788, 0x11223344, 7, 1, 0xddeeff00, 0x99aabbcc), Philox.Generate(0x99aabbccddeeff00, RandomStream.Shuffle, 7, 0x1122334455667788));
    }

    [Fact]
    public void Uniform_floats_reach_from_zero_to_just_below_one()
    {
        Assert.Equal(0f, Philox.ToUniform(0xff));
        Assert.Equal(1f / (1 << 24), Philox.ToUniform(0x100));
        Assert.Equal(1f - (1f / (1 << 24)), Philox.ToUniform(uint.MaxValue));
    }

    [Fact]
    public void Start_values_are_flat_over_their_range_and_a_prefix_does_not_depend_on_the_length()
    {
        float[] values = new float[100_000];
        Philox.FillUniform(values, 0.3f, seed: 5, site: 2);
        int[] bins = new int[10];
        foreach (float value in values)
        {
            Assert.True(value is >= -0.3f and < 0.3f);
            bins[(int)((value + 0.3f) / 0.6f * 9.99999f)]++;
        }
        // 9 degrees of freedom: chi squared above 27.9 has probability 0.001; the seed is fixed, so this cannot flicker.
        Assert.True(bins.Sum(bin => Math.Pow(bin - 10_000, 2) / 10_000) < 27.9);
        float[] prefix = new float[7];
        Philox.FillUniform(prefix, 0.3f, seed: 5, site: 2);
        Assert.Equal(values[..7], prefix);
        float[] other = new float[7];
        Philox.FillUniform(other, 0.3f, seed: 5, site: 3);
        Assert.NotEqual(prefix, other);
    }
}
