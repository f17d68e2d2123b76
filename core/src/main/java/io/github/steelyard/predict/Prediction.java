package io.github.steelyard.predict;

/**
 * One answer about a picture.
 *
 * @param label which logit, from 0
 * @param name of the class; the label where a network's classes have no names
 * @param probability the softmax of the logits, 0 to 1
 */
public record Prediction(int label, String name, double probability) {}
