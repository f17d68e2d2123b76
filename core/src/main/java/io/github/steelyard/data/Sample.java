package io.github.steelyard.data;

/**
 * One image and its class.
 *
 * @param image the image as stored, before any transform
 * @param label the class index, from 0
 */
public record Sample(Image image, int label) {}
