package io.github.steelyard.cli;

import io.github.steelyard.cli.console.Reason;
import io.github.steelyard.cli.console.UsageException;
import io.github.steelyard.cli.console.VisibleWriter;
import io.github.steelyard.cli.recipe.RecipeException;
import io.github.steelyard.runtime.Suggestion;
import java.io.PrintWriter;
import java.nio.file.InvalidPathException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import picocli.CommandLine;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.ITypeInfo;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/** Turns exceptions into one clear message and an exit code. */
final class Failures {
  private Failures() {}

  /** What was once a command each. */
  private static final Set<String> RUNS =
      Set.of("train", "prune", "quantize", "incremental", "life", "study");

  /** What stands in recipes, or has another name. */
  private static final Map<String, String> IN_RECIPES =
      Map.of(
          "--run", "--folder DIR",
          "--recipe", "its file alone: steelyard run FILE",
          "--from", "--set from=RUN, or the key 'from' in the recipe",
          "--strategy", "--set incremental.strategies=[NAME]",
          "--protocol", "--set attack.protocol=NAME",
          "--attack-samples", "--set attack.samples=N",
          "--format", "--set export.formats=[NAME]");

  /** The command line itself cannot be understood. */
  static final class OfUsage implements IParameterExceptionHandler {
    @Override
    public int handleParseException(ParameterException e, String[] arguments) {
      CommandLine commandLine = e.getCommandLine();
      PrintWriter err = VisibleWriter.over(commandLine.getErr());
      err.println("error: " + message(e, arguments));
      err.println(
          "'"
              + commandLine.getCommandSpec().qualifiedName()
              + " --help' shows the usage and an example");
      return commandLine.getCommandSpec().exitCodeOnInvalidInput();
    }

    private static String message(ParameterException e, String[] arguments) {
      CommandLine commandLine = e.getCommandLine();
      if (e instanceof MissingParameterException) {
        // Often what is missing was given to an option with a slip in its name.
        Optional<String> unknown = unknownOption(commandLine.getCommandSpec(), arguments);
        if (unknown.isPresent()) {
          return unknown(unknown.get(), commandLine.getCommandSpec());
        }
      }
      if (e.getArgSpec() != null && !choices(e.getArgSpec()).isEmpty() && e.getValue() != null) {
        return "there is no '"
            + e.getValue()
            + "' for "
            + ((OptionSpec) e.getArgSpec()).longestName()
            + Suggestion.clause(e.getValue(), choices(e.getArgSpec()));
      }
      if (e instanceof UnmatchedArgumentException unmatched
          && !unmatched.getUnmatched().isEmpty()) {
        String written = unmatched.getUnmatched().get(0);
        if (unmatched.isUnknownOption()) {
          return unknown(written, commandLine.getCommandSpec());
        }
        if (RUNS.contains(written) && commandLine.getParent() == null) {
          return "there is no command '"
              + written
              + "': a recipe says what it does; steelyard run FILE";
        }
        if (!commandLine.getSubcommands().isEmpty()) {
          return "unknown command '"
              + written
              + "'"
              + Suggestion.clause(written, commandLine.getSubcommands().keySet());
        }
        return "unexpected argument '" + written + "'";
      }
      String message = e.getMessage();
      if (message.contains(InvalidPathException.class.getSimpleName())) {
        return Reason.ofPath(message);
      }
      return message.isEmpty()
          ? message
          : Character.toLowerCase(message.charAt(0)) + message.substring(1);
    }

    private static Optional<String> unknownOption(CommandSpec command, String[] arguments) {
      return Arrays.stream(arguments)
          .map(argument -> argument.split("=", 2)[0])
          .filter(name -> name.matches("--[a-z-]+") && command.findOption(name) == null)
          .findFirst();
    }

    private static String unknown(String written, CommandSpec command) {
      String name = written.split("=", 2)[0];
      if (command.name().equals("run") && IN_RECIPES.containsKey(name)) {
        return "unknown option '" + name + "': write " + IN_RECIPES.get(name);
      }
      Optional<PositionalParamSpec> plain =
          command.positionalParameters().stream()
              .filter(own -> List.of(own.paramLabel().split("[|\\[\\]. ]+")).contains(word(name)))
              .findFirst();
      if (plain.isPresent()) {
        return "unknown option '%s': write its value alone: %s %s"
            .formatted(name, command.qualifiedName(), plain.get().paramLabel());
      }
      List<String> options =
          command.options().stream()
              .filter(option -> !option.hidden())
              .map(OptionSpec::longestName)
              .sorted()
              .toList();
      return "unknown option '" + name + "'" + Suggestion.clause(name, options);
    }

    /** How the value of an option is called in synopses. */
    private static String word(String option) {
      return option.substring(option.lastIndexOf('-') + 1).toUpperCase(Locale.ROOT);
    }

    /** The names that an option of a closed set takes, as people write them; none for others. */
    private static List<String> choices(ArgSpec argument) {
      ITypeInfo type = argument.typeInfo();
      ITypeInfo one = type.isMultiValue() ? type.getAuxiliaryTypeInfos().get(0) : type;
      return argument.isOption() && one.isEnum()
          ? one.getEnumConstantNames().stream().map(name -> name.toLowerCase(Locale.ROOT)).toList()
          : List.of();
    }
  }

  /** The command was understood but could not be carried out. */
  static final class OfExecution implements IExecutionExceptionHandler {
    @Override
    public int handleExecutionException(
        Exception e, CommandLine commandLine, ParseResult parseResult) {
      PrintWriter err = VisibleWriter.over(commandLine.getErr());
      Throwable cause = Reason.unwrapped(e);
      boolean usage = cause instanceof UsageException || cause instanceof RecipeException;
      err.println("error: " + Reason.describe(cause));
      if (Main.wantsStackTrace(commandLine)) {
        e.printStackTrace(err);
      } else if (!Reason.isExpected(cause)) {
        err.println("This may be a bug in Steelyard; --stacktrace shows where it arose.");
      }
      return usage ? CommandLine.ExitCode.USAGE : CommandLine.ExitCode.SOFTWARE;
    }
  }
}
