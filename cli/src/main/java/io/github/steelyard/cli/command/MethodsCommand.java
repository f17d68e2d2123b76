package io.github.steelyard.cli.command;

import io.github.steelyard.cli.console.Output;
import io.github.steelyard.cli.console.UsageException;
import io.github.steelyard.method.Method;
import io.github.steelyard.method.Methods;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** Lists the published methods, or explains one. */
@Command(
    name = "methods",
    description = "List the published methods, or explain one.",
    footer = {"", "Example:", "  steelyard methods adamp"})
public final class MethodsCommand implements Runnable {
  @Mixin private Output output;

  @Parameters(paramLabel = "NAME", arity = "0..1", description = "The method to explain.")
  private String name;

  MethodsCommand() {}

  @Override
  public void run() {
    Methods methods = Methods.load();
    if (name != null) {
      show(UsageException.unless(() -> methods.get(name)));
    } else if (output.isJson()) {
      output.printJson(methods.all().stream().map(MethodsCommand::describe).toList());
    } else {
      List<List<String>> rows = new ArrayList<>();
      methods.all().forEach(m -> rows.add(List.of(m.name(), m.title(), m.summary())));
      output.printTable(List.of("method", "title", "what it does to weights"), rows);
    }
  }

  private void show(Method method) {
    if (output.isJson()) {
      output.printJson(describe(method));
      return;
    }
    describe(method).forEach((key, value) -> output.out().printf("%-13s  %s%n", key, value));
  }

  private static Map<String, Object> describe(Method method) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("name", method.name());
    fields.put("title", method.title());
    fields.put("summary", method.summary());
    fields.put("paper", method.paper());
    fields.put("arxiv", method.arxiv());
    fields.put("configuration", method.configuration().getSimpleName());
    fields.put("recipe", method.recipe());
    return fields;
  }
}
