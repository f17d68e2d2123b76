package io.github.steelyard.interaction;

/**
 * What became of one hidden layer.
 *
 * @param producer the path of the linear layer that makes it
 * @param consumer the path of the linear layer that reads it
 * @param before units before
 * @param after units after
 * @param withoutEffect units that were removed because the consumer's weights for them are 0
 */
public record ReducedLayer(
    String producer, String consumer, int before, int after, int withoutEffect) {}
