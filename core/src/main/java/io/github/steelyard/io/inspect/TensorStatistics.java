package io.github.steelyard.io.inspect;

/**
 * The distribution of a tensor's values. What is computed from values (minimum to histogram) counts
 * the finite ones only, and is null where there are none; NaNs and infinities are counted instead
 * of spreading.
 *
 * @param nan how many values are not a number
 * @param infinite how many values are infinite, of either sign
 * @param zeros how many values are exactly zero, of either sign
 * @param sparsity the share of all values that is exactly zero, 0 to 1; null for an empty tensor
 * @param min the smallest finite value, or null
 * @param max the largest finite value, or null
 * @param mean the mean of the finite values, or null
 * @param std their population standard deviation (divided by n, not n - 1), or null
 * @param norm their L2 norm; 0 for an empty tensor; null where a double cannot hold it
 * @param histogram their histogram, or null
 */
public record TensorStatistics(
    long nan,
    long infinite,
    long zeros,
    Double sparsity,
    Double min,
    Double max,
    Double mean,
    Double std,
    Double norm,
    Histogram histogram) {}
