package io.github.steelyard.cli.recipe;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Optional;

/**
 * What a recipe minimizes: the cross-entropy of class indices or, with mixup and cutmix, of
 * probabilities; optionally beside a teacher.
 *
 * @param labelSmoothing the share of the target that is spread over all classes, from 0 to below 1
 * @param teacher the model to learn from, if any
 */
public record LossRecipe(double labelSmoothing, Optional<TeacherRecipe> teacher) {
  static LossRecipe read(Section section) {
    section.allowOnly(List.of("label_smoothing", "teacher"));
    double smoothing = section.rate("label_smoothing", 0);
    if (smoothing >= 1) {
      throw section.error("label_smoothing", "must be from 0 to below 1, but is " + smoothing);
    }
    return new LossRecipe(
        smoothing,
        section.has("teacher") ? Optional.of(TeacherRecipe.read(section)) : Optional.empty());
  }

  ObjectNode toTree() {
    ObjectNode tree = Section.MAPPER.createObjectNode().put("label_smoothing", labelSmoothing);
    teacher.ifPresent(model -> tree.set("teacher", model.toTree()));
    return tree;
  }
}
