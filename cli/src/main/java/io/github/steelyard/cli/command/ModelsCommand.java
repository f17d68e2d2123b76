package io.github.steelyard.cli.command;

import io.github.steelyard.cli.console.Output;
import io.github.steelyard.cli.console.UsageException;
import io.github.steelyard.nn.models.ModelEntry;
import io.github.steelyard.nn.models.Models;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** Lists the models that recipes can name, or explains one. */
@Command(
    name = "models",
    description = "List the models that recipes can name, or explain one.",
    footer = {"", "Example:", "  steelyard models deit_tiny_patch16_224"})
public final class ModelsCommand implements Runnable {
  @Mixin private Output output;

  @Parameters(paramLabel = "NAME", arity = "0..1", description = "The model to explain.")
  private String name;

  ModelsCommand() {}

  @Override
  public void run() {
    if (name != null) {
      show(UsageException.unless(() -> Models.get(name)));
    } else if (output.isJson()) {
      output.printJson(Models.all().stream().map(ModelsCommand::describe).toList());
    } else {
      List<List<String>> rows = new ArrayList<>();
      for (ModelEntry model : Models.all()) {
        rows.add(
            List.of(
                model.name(),
                String.format(Locale.ROOT, "%,d", model.parameterCount()),
                shape(model),
                model.summary()));
      }
      output.printTable(List.of("model", ">parameters", ">input", "summary"), rows);
    }
  }

  private void show(ModelEntry model) {
    if (output.isJson()) {
      output.printJson(describe(model));
    } else {
      describe(model).forEach((key, value) -> output.out().printf("%-14s  %s%n", key, value));
    }
  }

  private static String shape(ModelEntry model) {
    return String.join("x", model.inputShape().stream().map(String::valueOf).toList());
  }

  private static Map<String, Object> describe(ModelEntry model) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("name", model.name());
    fields.put("summary", model.summary());
    fields.put("paper", model.paper());
    fields.put("parameters", model.parameterCount());
    fields.put("input_shape", model.inputShape());
    fields.put("options", model.defaults().chosen());
    return fields;
  }
}
