/* NAME: the component FROM weighted by the component ALPHA on its own grid (4.3). */
DEVICE float NAME(TAKE, int row, int column)
{
    const float weight = flushed(ALPHA(GIVE, row, column) * ALPHA_SCALE);
    return flushed(FROM(GIVE, row, column) * weight);
}
