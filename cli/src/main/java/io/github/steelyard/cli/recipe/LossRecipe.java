package io.github.steelyard.cli.recipe;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.steelyard.train.DistillationConfiguration;
import java.util.List;
import java.util.Optional;

/**
 * What a recipe minimizes: the cross-entropy of class indices or, with mixup and cutmix, of
 * probabilities; optionally beside a teacher.
 *
 * @param labelSmoothing the share of the target that is spread over all classes, from 0 to below 1
 * @param teacher the model to learn from, if any
 * @param distillation how the teacher counts, where there is one
 */
public record LossRecipe(
    double labelSmoothing, Optional<ModelRecipe> teacher, DistillationConfiguration distillation) {
  private static final String[] DISTILLATION = {"kind", "alpha", "temperature"};

  static LossRecipe read(Section section) {
    section.allowOnly(List.of("label_smoothing", "teacher"));
    double smoothing = section.rate("label_smoothing", 0);
    if (smoothing >= 1) {
      throw section.error("label_smoothing", "must be from 0 to below 1, but is " + smoothing);
    }
    if (!section.has("teacher")) {
      return new LossRecipe(smoothing, Optional.empty(), DistillationConfiguration.soft());
    }
    Section teacher = section.section("teacher");
    ModelRecipe model = ModelRecipe.read(teacher.without(DISTILLATION));
    if (model.weights() == null) {
      throw teacher.error("", "needs weights: the safetensors file of the trained teacher");
    }
    return new LossRecipe(
        smoothing,
        Optional.of(model),
        teacher
            .only(DISTILLATION)
            .read(DistillationConfiguration.class, DistillationConfiguration.soft()));
  }

  ObjectNode toTree() {
    ObjectNode tree = Section.MAPPER.createObjectNode().put("label_smoothing", labelSmoothing);
    teacher.ifPresent(
        model -> {
          ObjectNode below = model.toTree();
          below.setAll((ObjectNode) Section.MAPPER.valueToTree(distillation));
          tree.set("teacher", below);
        });
    return tree;
  }
}
