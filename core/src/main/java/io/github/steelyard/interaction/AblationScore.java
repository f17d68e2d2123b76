package io.github.steelyard.interaction;

/**
 * How good a network is on some data.
 *
 * @param accuracy the share of samples whose largest output is their class
 * @param loss the mean cross-entropy
 */
public record AblationScore(double accuracy, double loss) {}
