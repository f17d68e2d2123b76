package io.github.steelyard.cli.recipe;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.steelyard.train.DistillationConfiguration;
import java.util.List;
import java.util.Optional;

/**
 * Whom a recipe's model learns from: a model of its own, or the full-precision model that a
 * quantized one starts from, written {@code teacher: full_precision} or, with settings, {@code
 * teacher: {name: full_precision, alpha: 0.5}}.
 *
 * @param model the teacher's model and weights; empty for the full-precision model
 * @param distillation how much it counts, and how
 */
public record TeacherRecipe(Optional<ModelRecipe> model, DistillationConfiguration distillation) {
  static final String FULL_PRECISION = "full_precision";
  private static final String[] DISTILLATION = {"kind", "alpha", "temperature"};

  static TeacherRecipe read(Mapping loss) {
    JsonNode written = loss.get("teacher");
    if (written.isTextual()) {
      if (!written.textValue().equals(FULL_PRECISION)) {
        throw loss.error(
            "teacher",
            "must be a mapping with a model's name and weights, or "
                + FULL_PRECISION
                + ", but is the text '"
                + written.textValue()
                + "'");
      }
      return new TeacherRecipe(Optional.empty(), DistillationConfiguration.soft());
    }
    Mapping teacher = loss.section("teacher");
    Mapping settings = teacher.only(DISTILLATION);
    if (teacher.text("name", "").equals(FULL_PRECISION)) {
      teacher.without(DISTILLATION).allowOnly(List.of("name"));
      return new TeacherRecipe(Optional.empty(), distillation(settings));
    }
    ModelRecipe model = ModelRecipe.read(teacher.without(DISTILLATION));
    if (model.weights() == null) {
      throw teacher.error("", "needs weights: the safetensors file of the trained teacher");
    }
    return new TeacherRecipe(Optional.of(model), distillation(settings));
  }

  private static DistillationConfiguration distillation(Mapping settings) {
    return settings.read(DistillationConfiguration.class, DistillationConfiguration.soft());
  }

  /**
   * Whether the teacher is the full-precision model that a quantized one starts from.
   *
   * @return true if no model is named
   */
  public boolean isFullPrecision() {
    return model.isEmpty();
  }

  ObjectNode toTree() {
    ObjectNode tree =
        model
            .map(ModelRecipe::toTree)
            .orElseGet(() -> Mapping.MAPPER.createObjectNode().put("name", FULL_PRECISION));
    return tree.setAll((ObjectNode) Mapping.MAPPER.valueToTree(distillation));
  }
}
