package io.github.steelyard.cli;

import io.github.steelyard.cli.console.UsageException;
import io.github.steelyard.cli.recipe.RecipeException;
import io.github.steelyard.runtime.EngineUnavailableException;
import io.github.steelyard.runtime.RegisterException;
import io.github.steelyard.runtime.Suggestion;
import io.github.steelyard.train.DivergenceException;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.ITypeInfo;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/** Turns exceptions into one clear message and an exit code. */
public final class Failures {
  private Failures() {}

  /** The command line itself cannot be understood. */
  static final class OfUsage implements IParameterExceptionHandler {
    @Override
    public int handleParseException(ParameterException e, String[] arguments) {
      CommandLine commandLine = e.getCommandLine();
      PrintWriter err = commandLine.getErr();
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
        if (!commandLine.getSubcommands().isEmpty()) {
          return "unknown command '"
              + written
              + "'"
              + Suggestion.clause(written, commandLine.getSubcommands().keySet());
        }
        return "unexpected argument '" + written + "'";
      }
      String message = e.getMessage();
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
      List<String> options =
          command.options().stream()
              .filter(option -> !option.hidden())
              .map(OptionSpec::longestName)
              .sorted()
              .toList();
      return "unknown option '" + written + "'" + Suggestion.clause(written, options);
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
      PrintWriter err = commandLine.getErr();
      Throwable cause = unwrapped(e);
      boolean usage = cause instanceof UsageException || cause instanceof RecipeException;
      err.println("error: " + describe(cause));
      if (Main.wantsStackTrace(commandLine)) {
        e.printStackTrace(err);
      } else if (!isExpected(cause)) {
        err.println("This may be a bug in Steelyard; --stacktrace shows where it arose.");
      }
      return usage ? CommandLine.ExitCode.USAGE : CommandLine.ExitCode.SOFTWARE;
    }
  }

  /** A bare wrapper says less than what it wraps; one with words of its own says more. */
  private static Throwable unwrapped(Exception e) {
    boolean bare =
        e instanceof UncheckedIOException && e.getCause().toString().equals(e.getMessage());
    return bare ? e.getCause() : e;
  }

  private static boolean isExpected(Throwable e) {
    return e instanceof UsageException
        || e instanceof RecipeException
        || e instanceof IOException
        || e instanceof UncheckedIOException
        || e instanceof DivergenceException
        || e instanceof IllegalArgumentException
        || e instanceof EngineUnavailableException
        || e instanceof RegisterException;
  }

  public static String describe(Throwable e) {
    String message = e.getMessage();
    if (e instanceof NoSuchFileException) {
      return "there is no file or folder " + message;
    }
    if (e instanceof AccessDeniedException) {
      return message + " cannot be read or written: permission denied";
    }
    if (e instanceof FileAlreadyExistsException) {
      return message + " exists already";
    }
    if (e instanceof FileSystemException failed && failed.getReason() == null) {
      return failed.getFile() + ": " + e.getClass().getSimpleName();
    }
    if (message == null || message.isBlank()) {
      return e.getClass().getSimpleName();
    }
    return isExpected(e) ? message : e.getClass().getSimpleName() + ": " + firstLine(message);
  }

  private static String firstLine(String message) {
    int end = message.indexOf('\n');
    return end < 0 ? message : message.substring(0, end);
  }
}
