package io.github.steelyard.robust;

import org.bytedeco.pytorch.Tensor;

/**
 * What an attack found.
 *
 * @param inputs the model's inputs with the changes, of the batch's shape; unchanged where the
 *     model is wrong anyway
 * @param broken which samples the model gets wrong now, truth values [n]
 */
public record AttackResult(Tensor inputs, Tensor broken) {}
