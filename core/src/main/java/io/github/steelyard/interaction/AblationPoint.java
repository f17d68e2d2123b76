package io.github.steelyard.interaction;

/**
 * One point of an ablation curve.
 *
 * @param kept basis vectors or edges that were kept
 * @param score how good the network then is
 */
public record AblationPoint(int kept, AblationScore score) {}
