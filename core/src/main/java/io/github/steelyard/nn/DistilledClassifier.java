package io.github.steelyard.nn;

import org.bytedeco.pytorch.Tensor;

/**
 * A classifier with a second head that learns from a teacher (Touvron et al., Training
 * data-efficient image transformers and distillation through attention, ICML 2021). Its {@code
 * forward} answers with the mean of both heads; a distillation loss asks for them one by one.
 */
public interface DistilledClassifier {
  /**
   * What the two heads say.
   *
   * @param classification logits of the head that learns from the labels, [n, classes]
   * @param distillation logits of the head that learns from the teacher, [n, classes]
   */
  record HeadLogits(Tensor classification, Tensor distillation) {}

  /**
   * Computes both heads.
   *
   * @param input what {@code forward} takes
   * @return the logits, not averaged
   */
  HeadLogits forwardHeads(Tensor input);
}
