package io.github.steelyard.cli.recipe;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.steelyard.robust.AdversarialConfiguration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What a recipe minimizes: the cross-entropy of class indices or, with mixup and cutmix, of
 * probabilities; optionally beside a teacher, or at samples that are attacked.
 *
 * @param labelSmoothing the share of the target that is spread over all classes, from 0 to below 1
 * @param classWeights how much the classes count, if not alike
 * @param teacher the model to learn from, if any
 * @param adversarial how samples are attacked, if they are; not together with a teacher
 */
public record LossRecipe(
    double labelSmoothing,
    Optional<ClassWeights> classWeights,
    Optional<TeacherRecipe> teacher,
    Optional<AdversarialConfiguration> adversarial) {
  private static final String NONE = "none";
  private static final String[] ADVERSARIAL = {
    "adversarial", "epsilon", "step_size", "steps", "beta"
  };

  static LossRecipe read(Mapping written) {
    Mapping section = written.withFractions("epsilon", "step_size");
    List<String> keys = new ArrayList<>(List.of("label_smoothing", "class_weights", "teacher"));
    keys.addAll(List.of(ADVERSARIAL));
    section.allowOnly(keys);
    double smoothing = section.rate("label_smoothing", 0);
    if (smoothing >= 1) {
      throw section.error("label_smoothing", "must be from 0 to below 1, but is " + smoothing);
    }
    Optional<AdversarialConfiguration> adversarial = adversarial(section);
    if (adversarial.isPresent() && section.has("teacher")) {
      throw section.error("teacher", "must be left out where samples are attacked");
    }
    return new LossRecipe(
        smoothing,
        section.has("class_weights") ? Optional.of(ClassWeights.read(section)) : Optional.empty(),
        section.has("teacher") ? Optional.of(TeacherRecipe.read(section)) : Optional.empty(),
        adversarial);
  }

  private static Optional<AdversarialConfiguration> adversarial(Mapping section) {
    if (!section.has("adversarial") || section.text("adversarial", "").equals(NONE)) {
      for (String key : ADVERSARIAL) {
        if (section.has(key) && !key.equals("adversarial")) {
          throw section.error(key, "needs the key 'adversarial', such as adversarial: pgd");
        }
      }
      return Optional.empty();
    }
    double epsilon = section.rate("epsilon", 0);
    if (!(epsilon > 0)) {
      throw section.error(
          section.has("epsilon") ? "epsilon" : "",
          "needs an epsilon above 0: the largest change of a grey level on a scale of 0 to 1, such"
              + " as epsilon: 8/255");
    }
    return Optional.of(
        section
            .only(ADVERSARIAL)
            .read(
                AdversarialConfiguration.class,
                AdversarialConfiguration.of(AdversarialConfiguration.Kind.PGD, epsilon)));
  }

  ObjectNode toTree() {
    ObjectNode tree = Mapping.MAPPER.createObjectNode().put("label_smoothing", labelSmoothing);
    classWeights.ifPresent(weights -> tree.set("class_weights", weights.toTree()));
    teacher.ifPresent(model -> tree.set("teacher", model.toTree()));
    adversarial.ifPresent(own -> tree.setAll((ObjectNode) Mapping.MAPPER.valueToTree(own)));
    return tree;
  }
}
