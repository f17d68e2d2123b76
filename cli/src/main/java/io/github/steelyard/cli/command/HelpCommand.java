package io.github.steelyard.cli.command;

import io.github.steelyard.cli.console.UsageException;
import io.github.steelyard.runtime.Suggestion;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** What {@code --help} shows, for those who write it as a command. */
@Command(
    name = "help",
    hidden = true,
    description = "Show the help of a command.",
    footer = {"", "Example:", "  steelyard help data show"})
public final class HelpCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "COMMAND", description = "The command, word by word.")
  private List<String> words = List.of();

  HelpCommand() {}

  @Override
  public Integer call() {
    CommandLine shown = spec.parent().commandLine();
    for (String word : words) {
      CommandLine below = shown.getSubcommands().get(word);
      if (below == null) {
        throw new UsageException(
            "there is no command '"
                + word
                + "'"
                + Suggestion.clause(word, shown.getSubcommands().keySet()));
      }
      shown = below;
    }
    shown.usage(shown.getOut());
    return 0;
  }
}
