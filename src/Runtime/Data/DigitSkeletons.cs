using System.Numerics;

namespace Convoke;

/// <summary>How people write the ten digits: strokes in the unit square, x to the right, y down, several ways per digit.</summary>
internal static class DigitSkeletons
{
    /// <summary>One movement of the pen through <paramref name="Points"/>: a smooth curve, or straight from corner to corner.</summary>
    internal sealed record Stroke(bool Smooth, Vector2[] Points);

    /// <summary>Ways to write each digit, by digit.</summary>
    public static readonly Stroke[][][] Variants =
    [
        [ // 0: an oval; an oval that leans, with the pen crossing its start
            [Curve(.50f, .02f, .20f, .22f, .14f, .52f, .24f, .84f, .50f, .98f, .76f, .84f, .86f, .52f, .78f, .20f, .50f, .02f)],
            [Curve(.66f, .08f, .42f, .06f, .20f, .34f, .16f, .68f, .36f, .96f, .64f, .86f, .84f, .52f, .80f, .20f, .56f, .02f, .44f, .08f)],
        ],
        [ // 1: a bar; with a flag; with flag and foot
            [Lines(.50f, .00f, .50f, 1.0f)],
            [Lines(.26f, .26f, .54f, .02f, .54f, 1.0f)],
            [Lines(.28f, .24f, .52f, .02f, .52f, .98f), Lines(.26f, .98f, .78f, .98f)],
        ],
        [ // 2: straight foot; looped foot
            [Curve(.16f, .24f, .34f, .04f, .64f, .04f, .80f, .24f, .70f, .48f, .44f, .74f, .16f, .98f), Lines(.16f, .98f, .88f, .96f)],
            [Curve(.18f, .20f, .44f, .02f, .76f, .16f, .74f, .42f, .48f, .72f, .22f, .94f, .12f, .84f, .26f, .76f, .52f, .90f, .90f, .96f)],
        ],
        [ // 3: two bowls; with a flat roof
            [Curve(.18f, .14f, .46f, .01f, .76f, .14f, .74f, .36f, .44f, .48f), Curve(.44f, .48f, .78f, .56f, .84f, .80f, .56f, .99f, .26f, .96f, .12f, .84f)],
            [Lines(.18f, .04f, .80f, .04f, .46f, .42f), Curve(.46f, .42f, .78f, .52f, .84f, .78f, .58f, .98f, .30f, .96f, .14f, .84f)],
        ],
        [ // 4: open; closed; round at the corner
            [Lines(.30f, .04f, .16f, .56f, .88f, .56f), Lines(.70f, .18f, .66f, 1.0f)],
            [Lines(.66f, 1.0f, .66f, .02f, .10f, .64f, .92f, .64f)],
            [Curve(.22f, .06f, .18f, .40f, .34f, .56f, .58f, .52f, .78f, .40f), Lines(.80f, .06f, .74f, 1.0f)],
        ],
        [ // 5: cap and bowl in two strokes; in one curve
            [Lines(.84f, .04f, .28f, .04f, .24f, .44f), Curve(.24f, .44f, .54f, .36f, .82f, .54f, .80f, .82f, .52f, .98f, .16f, .90f)],
            [Curve(.82f, .06f, .52f, .04f, .32f, .12f, .26f, .38f, .50f, .46f, .74f, .62f, .70f, .88f, .42f, .98f, .14f, .88f)],
        ],
        [ // 6: a long back; a curled back
            [Curve(.62f, .00f, .36f, .24f, .18f, .60f, .28f, .92f, .56f, .98f, .80f, .80f, .72f, .56f, .46f, .52f, .22f, .70f)],
            [Curve(.78f, .12f, .60f, .02f, .32f, .18f, .16f, .56f, .26f, .90f, .56f, .98f, .82f, .76f, .66f, .54f, .40f, .56f, .20f, .74f)],
        ],
        [ // 7: plain; crossed; curved down-stroke with a serif
            [Lines(.12f, .06f, .86f, .06f, .42f, 1.0f)],
            [Lines(.12f, .06f, .84f, .06f, .44f, 1.0f), Lines(.34f, .52f, .80f, .48f)],
            [Lines(.14f, .24f, .16f, .06f, .86f, .06f), Curve(.86f, .06f, .66f, .32f, .52f, .64f, .46f, 1.0f)],
        ],
        [ // 8: one movement; two rings
            [Curve(.74f, .16f, .48f, .02f, .24f, .18f, .36f, .40f, .66f, .58f, .82f, .80f, .54f, .99f, .22f, .84f, .34f, .60f, .64f, .42f, .76f, .20f, .66f, .08f)],
            [Curve(.50f, .02f, .28f, .12f, .28f, .36f, .50f, .47f, .72f, .36f, .72f, .12f, .50f, .02f), Curve(.50f, .47f, .20f, .62f, .20f, .86f, .50f, .99f, .80f, .86f, .80f, .62f, .50f, .47f)],
        ],
        [ // 9: straight stem; curved tail
            [Curve(.78f, .24f, .58f, .04f, .30f, .10f, .20f, .34f, .40f, .52f, .66f, .46f, .78f, .24f), Lines(.78f, .22f, .72f, 1.0f)],
            [Curve(.76f, .18f, .50f, .02f, .24f, .18f, .28f, .44f, .56f, .48f, .78f, .24f), Curve(.78f, .22f, .80f, .58f, .66f, .88f, .42f, .98f, .22f, .90f)],
        ],
    ];

    private static Stroke Curve(params float[] coordinates) => new(true, Pair(coordinates));

    private static Stroke Lines(params float[] coordinates) => new(false, Pair(coordinates));

    private static Vector2[] Pair(float[] coordinates)
    {
        Vector2[] points = new Vector2[coordinates.Length / 2];
        for (int i = 0; i < points.Length; i++) points[i] = new(coordinates[2 * i], coordinates[2 * i + 1]);
        return points;
    }
}
