package io.github.steelyard.cli.command;

import io.github.steelyard.cli.console.Output;
import io.github.steelyard.cli.console.Stop;
import io.github.steelyard.cli.console.UsageException;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Starts several processes of one command on this machine. */
@Command(
    name = "launch",
    description = {
      "Start several processes on this machine that do one command together, such as training one"
          + " network.",
      "What they say on the standard error begins with their number; results are those of rank 0."
          + " When one fails all are ended. Ctrl-C finishes the step, saves and ends all; --resume"
          + " goes on, with any number of processes."
    },
    footer = {
      "",
      "Example:",
      "  steelyard launch --processes 2 run recipes/adamp.yaml --quick",
      "",
      "On several machines, any launcher does that sets MASTER_ADDR, MASTER_PORT, RANK, WORLD_SIZE"
          + " and LOCAL_RANK."
    })
public final class LaunchCommand implements Callable<Integer> {
  private static final int MOST = 1024;

  /** What several processes can do together. */
  private static final List<String> JOINING =
      List.of("run", "extend", "evaluate", "attack", "explain");

  /** Those that save what they have; the others end at once. */
  private static final List<String> SAVING = List.of("run", "extend");

  @Spec private CommandSpec spec;
  @Mixin private Output output;

  @Option(
      names = "--processes",
      paramLabel = "N",
      required = true,
      description = "How many processes.")
  private int processes;

  @Option(
      names = "--port",
      paramLabel = "PORT",
      description = "Where they meet on the loopback; a free port if not given.")
  private int port;

  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "Threads of each process; the processors divided among them if not given.")
  private int threads;

  @Parameters(
      paramLabel = "COMMAND",
      arity = "1..*",
      description = "run, extend, evaluate, attack or explain, and its arguments.")
  private List<String> command;

  LaunchCommand() {}

  @Override
  public Integer call() throws IOException {
    if (processes < 1 || processes > MOST) {
      throw new UsageException("--processes must be 1 to " + MOST + ", but is " + processes);
    }
    if (!JOINING.contains(command.get(0))) {
      throw new UsageException(
          "'"
              + command.get(0)
              + "' cannot be launched; these can: "
              + String.join(", ", JOINING)
              + ", such as launch --processes N run FILE");
    }
    LaunchedRanks ranks = new LaunchedRanks(output.out(), output.err());
    try (Stop stop = Stop.onSignals(output.err());
        Stop.Working working =
            stop.during(SAVING.contains(command.get(0)) ? ranks::stop : ranks::kill)) {
      int chosen = port == 0 ? freePort() : port;
      for (int rank = 0; rank < processes; rank++) {
        ranks.start(builder(rank, chosen), rank);
      }
      return ranks.await();
    } finally {
      ranks.kill();
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  /** This program with the same Java, options and classes. */
  private ProcessBuilder builder(int rank, int chosen) {
    List<String> words = new ArrayList<>();
    words.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    words.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
    words.addAll(
        List.of(
            "-cp",
            System.getProperty("java.class.path"),
            spec.root().userObject().getClass().getName()));
    words.addAll(command);
    ProcessBuilder builder = new ProcessBuilder(words);
    Map<String, String> environment = builder.environment();
    environment.put("MASTER_ADDR", "127.0.0.1");
    environment.put("MASTER_PORT", Integer.toString(chosen));
    environment.put("RANK", Integer.toString(rank));
    environment.put("LOCAL_RANK", Integer.toString(rank));
    environment.put("WORLD_SIZE", Integer.toString(processes));
    environment.put(Stop.LAUNCHED, "1");
    if (threads > 0) {
      environment.put("OMP_NUM_THREADS", Integer.toString(threads));
    } else {
      int share = Math.max(1, Runtime.getRuntime().availableProcessors() / processes);
      environment.putIfAbsent("OMP_NUM_THREADS", Integer.toString(share));
    }
    return builder;
  }
}
