package io.github.steelyard.cli.command;

import io.github.steelyard.cli.console.Output;
import io.github.steelyard.cli.console.UsageException;
import io.github.steelyard.cli.report.Numbers;
import io.github.steelyard.reference.ReferenceCase;
import io.github.steelyard.reference.ReferenceCases;
import io.github.steelyard.reference.ReferenceResult;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Replays numbers computed with the authors' code. */
@Command(
    name = "selftest",
    description = {
      "Prove that this machine's engine computes the published numbers.",
      "Replays the built-in reference cases, or those of a folder, and prints one line a case."
    },
    footer = {"", "Example:", "  steelyard selftest"})
public final class SelftestCommand implements Callable<Integer> {
  @Mixin private Output output;

  @Option(
      names = "--cases",
      paramLabel = "DIR",
      description = "A folder of cases in the format of the built-in ones.")
  private Path folder;

  SelftestCommand() {}

  @Override
  public Integer call() throws IOException {
    if (folder != null && !Files.isDirectory(folder)) {
      throw new UsageException("--cases: there is no folder " + folder);
    }
    List<ReferenceCase> cases =
        folder == null ? ReferenceCases.builtIn() : ReferenceCases.in(folder);
    List<ReferenceResult> results = new ArrayList<>();
    int width = cases.stream().mapToInt(each -> each.name().length()).max().orElse(0);
    for (ReferenceCase each : cases) {
      ReferenceResult result = each.replay();
      results.add(result);
      if (!output.isJson()) {
        output.out().println(line(result, width));
        output.out().flush();
      }
    }
    long passed = results.stream().filter(ReferenceResult::passed).count();
    if (output.isJson()) {
      output.printJson(results.stream().map(SelftestCommand::describe).toList());
    } else {
      output.out().printf("%d of %d cases passed%n", passed, results.size());
    }
    return passed == results.size() ? 0 : 1;
  }

  private static String line(ReferenceResult result, int width) {
    String text =
        String.format(
            Locale.ROOT,
            "%-" + Math.max(1, width) + "s  absolute %s  relative %s  %s",
            result.name(),
            error(result.largestAbsoluteError()),
            error(result.largestRelativeError()),
            result.passed() ? "pass" : "fail");
    return result.passed() ? text : text + ": " + result.detail();
  }

  private static String error(double value) {
    return Double.isNaN(value) ? "   -    " : String.format(Locale.ROOT, "%.2e", value);
  }

  private static Map<String, Object> describe(ReferenceResult result) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("name", result.name());
    fields.put("outcome", Output.word(result.outcome()));
    fields.put("largest_absolute_error", Numbers.finite(result.largestAbsoluteError()));
    fields.put("largest_relative_error", Numbers.finite(result.largestRelativeError()));
    fields.put("tolerance", Numbers.finite(result.tolerance()));
    fields.put("detail", result.detail());
    return fields;
  }
}
