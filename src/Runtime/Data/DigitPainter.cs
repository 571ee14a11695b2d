using System.Numerics;

namespace Convoke;

/// <summary>Paints one digit: a skeleton, shaken, bent, warped, and inked with a round pen of soft edge.</summary>
/// <remarks>Only +, -, *, / and square roots, which IEEE 754 rounds alike everywhere: a seed gives equal bytes on every machine.</remarks>
internal static class DigitPainter
{
    public const int Size = 28;
    private const int PiecesPerSpan = 6;
    private const int MostPoints = 16;
    private const float Reach = 10f;          // half of a digit's height in pixels at scale 1, as in MNIST's 20-pixel box

    /// <summary>Paints a <paramref name="digit"/> on <paramref name="image"/>, u8[28, 28], black ground, drawing all its freedom from <paramref name="random"/>.</summary>
    public static void Paint(int digit, ref KeyedRandom random, Span<byte> image)
    {
        Span<float> ink = stackalloc float[Size * Size];
        ink.Clear();
        DigitSkeletons.Stroke[][] variants = DigitSkeletons.Variants[digit];
        DigitSkeletons.Stroke[] strokes = variants[random.Below(variants.Length)];
        Hand hand = Hand.Draw(ref random);
        Span<Vector2> room = stackalloc Vector2[MostPoints];
        foreach (DigitSkeletons.Stroke stroke in strokes)
        {
            Span<Vector2> points = room[..stroke.Points.Length];
            for (int i = 0; i < points.Length; i++)
                points[i] = hand.Place(stroke.Points[i] + new Vector2(random.Bell(), random.Bell()) * hand.Shake);
            if (stroke.Smooth) InkCurve(ink, points, hand.PenRadius);
            else InkLines(ink, points, hand.PenRadius);
        }

        for (int i = 0; i < ink.Length; i++)
        {
            float grain = 1f + 0.12f * random.Bell();
            float value = ink[i] * hand.Pressure * grain;
            image[i] = (byte)(Math.Clamp(value, 0f, 1f) * 255f + 0.5f);
        }
    }

    private static void InkLines(Span<float> ink, ReadOnlySpan<Vector2> points, float radius)
    {
        for (int i = 1; i < points.Length; i++) InkSegment(ink, points[i - 1], points[i], radius);
    }

    /// <summary>A Catmull-Rom curve through all points; the ends are doubled.</summary>
    private static void InkCurve(Span<float> ink, ReadOnlySpan<Vector2> points, float radius)
    {
        for (int i = 1; i < points.Length; i++)
        {
            Vector2 a = points[Math.Max(i - 2, 0)], b = points[i - 1], c = points[i], d = points[Math.Min(i + 1, points.Length - 1)];
            Vector2 from = b;
            for (int piece = 1; piece <= PiecesPerSpan; piece++)
            {
                float t = piece / (float)PiecesPerSpan;
                Vector2 to = 0.5f * (2f * b + t * (c - a + t * (2f * a - 5f * b + 4f * c - d + t * (3f * b - a - 3f * c + d))));
                InkSegment(ink, from, to, radius);
                from = to;
            }
        }
    }

    /// <summary>Raises every pixel near the segment to the coverage that its distance gives; edges fall off over one pixel.</summary>
    private static void InkSegment(Span<float> ink, Vector2 from, Vector2 to, float radius)
    {
        Vector2 along = to - from, low = Vector2.Min(from, to), high = Vector2.Max(from, to);
        float lengthSquared = Math.Max(along.X * along.X + along.Y * along.Y, 1e-12f), margin = radius + 1f;
        int left = Math.Max((int)(low.X - margin), 0), right = Math.Min((int)(high.X + margin), Size - 1);
        int top = Math.Max((int)(low.Y - margin), 0), bottom = Math.Min((int)(high.Y + margin), Size - 1);
        for (int y = top; y <= bottom; y++)
        {
            for (int x = left; x <= right; x++)
            {
                float dx = x + 0.5f - from.X, dy = y + 0.5f - from.Y;
                float t = Math.Clamp((dx * along.X + dy * along.Y) / lengthSquared, 0f, 1f);
                float ex = dx - t * along.X, ey = dy - t * along.Y;
                float coverage = radius + 0.5f - MathF.Sqrt(ex * ex + ey * ey);
                ref float pixel = ref ink[y * Size + x];
                pixel = Math.Max(pixel, Math.Clamp(coverage, 0f, 1f));
            }
        }
    }

    /// <summary>What one writer's hand does to a skeleton.</summary>
    private readonly struct Hand
    {
        private Vector2 Right { get; init; }
        private Vector2 Down { get; init; }
        private Vector2 Centre { get; init; }
        private Vector2 Bend { get; init; }

        /// <summary>Largest displacement of a skeleton's point, in units of the skeleton.</summary>
        public float Shake { get; private init; }

        /// <summary>Half of the stroke's width, in pixels.</summary>
        public float PenRadius { get; private init; }

        /// <summary>Darkest value of the ink; above 1 the middle of a stroke saturates.</summary>
        public float Pressure { get; private init; }

        public static Hand Draw(ref KeyedRandom random)
        {
            // Rotation by the half-angle's tangent, exact without a sine: +-0.24 is +-27 degrees at the very most, 9 typically.
            float half = 0.24f * random.Bell(), cosine = (1f - half * half) / (1f + half * half), sine = 2f * half / (1f + half * half);
            float width = Reach * random.Between(0.55f, 0.95f), height = Reach * random.Between(0.80f, 1.08f);
            float shear = 0.12f + 0.45f * random.Bell();          // people lean to the right
            Vector2 right = new(cosine * width, sine * width);
            Vector2 down = new(-sine * height - shear * cosine * height, cosine * height - shear * sine * height);
            return new Hand
            {
                Right = right,
                Down = down,
                Centre = new Vector2(Size / 2f + 3.5f * random.Bell(), Size / 2f + 3.5f * random.Bell()),
                Bend = new Vector2(random.Bell(), random.Bell()) * 0.22f,
                Shake = random.Between(0.03f, 0.13f),
                PenRadius = random.Between(0.7f, 1.7f),
                Pressure = random.Between(0.75f, 1.15f),
            };
        }

        /// <summary>Unit square to pixels: bends both axes a little, then maps.</summary>
        public Vector2 Place(Vector2 point)
        {
            float u = 2f * point.X - 1f, v = 2f * point.Y - 1f;
            float x = u + Bend.X * (v * v - 0.4f), y = v + Bend.Y * (u * u - 0.4f);
            return Centre + x * Right + y * Down;
        }
    }
}
