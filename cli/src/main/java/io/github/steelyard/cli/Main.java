package io.github.steelyard.cli;

import io.github.steelyard.cli.command.AttackCommand;
import io.github.steelyard.cli.command.DataCommand;
import io.github.steelyard.cli.command.DemoCommand;
import io.github.steelyard.cli.command.EvaluateCommand;
import io.github.steelyard.cli.command.ExplainCommand;
import io.github.steelyard.cli.command.ExportCommand;
import io.github.steelyard.cli.command.ExtendCommand;
import io.github.steelyard.cli.command.HelpCommand;
import io.github.steelyard.cli.command.InspectCommand;
import io.github.steelyard.cli.command.LaunchCommand;
import io.github.steelyard.cli.command.MethodsCommand;
import io.github.steelyard.cli.command.ModelsCommand;
import io.github.steelyard.cli.command.PredictCommand;
import io.github.steelyard.cli.command.RecipesCommand;
import io.github.steelyard.cli.command.ReproduceCommand;
import io.github.steelyard.cli.command.RunCommand;
import io.github.steelyard.cli.command.SelftestCommand;
import io.github.steelyard.cli.command.VersionCommand;
import io.github.steelyard.cli.console.AddedJars;
import io.github.steelyard.cli.console.ExtractionProgress;
import io.github.steelyard.cli.console.Output;
import io.github.steelyard.cli.console.UsageException;
import io.github.steelyard.runtime.NativeExtraction;
import io.github.steelyard.runtime.Provenance;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.Function;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;

/** The {@code steelyard} command. Results go to the standard output, everything else to stderr. */
@Command(
    name = "steelyard",
    description = "Acts on the weights of neural networks.",
    subcommands = {
      DemoCommand.class,
      RunCommand.class,
      LaunchCommand.class,
      RecipesCommand.class,
      ExtendCommand.class,
      ReproduceCommand.class,
      EvaluateCommand.class,
      PredictCommand.class,
      AttackCommand.class,
      ExportCommand.class,
      InspectCommand.class,
      ExplainCommand.class,
      MethodsCommand.class,
      ModelsCommand.class,
      DataCommand.class,
      SelftestCommand.class,
      VersionCommand.class,
      HelpCommand.class
    },
    synopsisSubcommandLabel = "COMMAND",
    footer = {
      "",
      "Exit codes: 0 done, 1 failed, 2 wrong usage.",
      "",
      "Example:",
      "  steelyard demo --quick",
      "",
      "'steelyard COMMAND --help' explains a command."
    })
public final class Main {
  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      scope = ScopeType.INHERIT,
      description = "Show this help.")
  @SuppressWarnings("UnusedVariable") // picocli asks it through reflection
  private boolean help;

  @Option(
      names = {"-v", "-V", "--version"},
      versionHelp = true,
      description = "Show the version; 'steelyard version' shows more.")
  @SuppressWarnings("UnusedVariable") // picocli asks it through reflection
  private boolean version;

  @Option(
      names = "--stacktrace",
      scope = ScopeType.INHERIT,
      description = "Show where in the program an error arose.")
  private boolean stacktrace;

  Main() {}

  /**
   * Runs the command and ends the JVM with its exit code.
   *
   * @param arguments the command line
   */
  public static void main(String[] arguments) {
    PrintWriter out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);
    PrintWriter err = new PrintWriter(System.err, true, StandardCharsets.UTF_8);
    try {
      AddedJars.require(System.getenv("STEELYARD_CLASSPATH"));
    } catch (UsageException e) {
      err.println("error: " + e.getMessage());
      System.exit(CommandLine.ExitCode.USAGE);
    }
    NativeExtraction.listen(new ExtractionProgress(err));
    System.exit(run(out, err, arguments));
  }

  /**
   * Runs the command.
   *
   * @param out where results go
   * @param err where progress and errors go
   * @param arguments the command line
   * @return 0 done, 1 failed, 2 wrong usage
   */
  public static int run(PrintWriter out, PrintWriter err, String... arguments) {
    return execute(commandLine(out, err), arguments);
  }

  private static int execute(CommandLine line, String... arguments) {
    int code = line.execute(arguments);
    line.getOut().flush();
    line.getErr().flush();
    return code;
  }

  /**
   * Runs the command; others make the runs of its studies.
   *
   * @param out where results go
   * @param err where progress and errors go
   * @param workers carries out a command line without {@code steelyard} and returns its exit code;
   *     called by many threads; an interrupt asks for a stop
   * @param arguments the command line
   * @return 0 done, 1 failed, 2 wrong usage
   */
  public static int run(
      PrintWriter out,
      PrintWriter err,
      Function<List<String>, Integer> workers,
      String... arguments) {
    return execute(commandLine(out, err, Output.factory(workers::apply)), arguments);
  }

  /**
   * The command with all of its commands.
   *
   * @param out where results go
   * @param err where progress and errors go
   * @return ready to execute
   */
  public static CommandLine commandLine(PrintWriter out, PrintWriter err) {
    return commandLine(out, err, CommandLine.defaultFactory());
  }

  private static CommandLine commandLine(
      PrintWriter out, PrintWriter err, CommandLine.IFactory factory) {
    CommandLine line = new CommandLine(new Main(), factory);
    // What is launched has options of its own.
    line.getSubcommands().get("launch").setStopAtPositional(true);
    line.getCommandSpec().version("steelyard " + Provenance.version());
    return line.setOut(out)
        .setErr(err)
        .setUsageHelpAutoWidth(true)
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setParameterExceptionHandler(new Failures.OfUsage())
        .setExecutionExceptionHandler(new Failures.OfExecution());
  }

  static boolean wantsStackTrace(CommandLine commandLine) {
    CommandLine root = commandLine;
    while (root.getParent() != null) {
      root = root.getParent();
    }
    return ((Main) root.getCommand()).stacktrace;
  }
}
