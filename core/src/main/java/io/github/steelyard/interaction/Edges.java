package io.github.steelyard.interaction;

import org.bytedeco.pytorch.Tensor;

/**
 * The interactions between two adjacent layers in their bases.
 *
 * @param from the layer whose coordinates act
 * @param to the layer whose coordinates are acted on
 * @param weights E [coordinates of {@code to}, coordinates of {@code from}], double precision, on
 *     the processor
 * @param standardError the standard error of each element of E that the random sources cause, of
 *     the same shape; empty [0] if E is exact, not a number with a single source
 * @param sources random sources a sample; 0 if E is exact
 */
public record Edges(
    NodeLayer from, NodeLayer to, Tensor weights, Tensor standardError, int sources) {}
