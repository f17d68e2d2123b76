/**
 * Networks by their timm and torchvision names, with exactly their state dicts, and the register
 * that lists them.
 */
package io.github.steelyard.nn.models;
