package io.github.steelyard.interaction;

import org.bytedeco.pytorch.Tensor;

/**
 * First and second moments of a layer's activations over data and positions.
 *
 * @param mean [width]
 * @param gram {@code F^T F / N} [width, width], of the shifted activations if centred
 * @param samples the number of data points
 */
record Moments(Tensor mean, Tensor gram, long samples) {}
