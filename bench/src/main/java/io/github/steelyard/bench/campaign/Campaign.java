package io.github.steelyard.bench.campaign;

import io.github.steelyard.cli.console.Progress;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.logging.LogManager;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Throws kills, damaged files, full disks, jumping clocks, signals and long use at the command and
 * the library, and prints a table of what they survived. Each sort of blow works in a JVM of its
 * own, so that a crash is one more line of the table.
 *
 * <p>Run: {@code mvn -q -pl bench -am package -DskipTests && java -cp
 * "bench/target/classes:bench/target/lib/*" io.github.steelyard.bench.campaign.Campaign}; about
 * half an hour on two quiet cores. A line such as {@code KILLS --number 17} of its answer is
 * repeated by {@code --only KILLS --number 17}.
 */
@Command(name = "campaign", mixinStandardHelpOptions = true)
public final class Campaign implements Callable<Integer> {
  @Option(names = "--seed", description = "Decides all cases; ${DEFAULT-VALUE} if not given.")
  private long seed = 1;

  @Option(names = "--share", description = "The part of a whole campaign, such as 0.01.")
  private double share = 1;

  @Option(
      names = "--only",
      description = "Only this sort; may be repeated: ${COMPLETION-CANDIDATES}")
  private List<Sort> only = List.of(Sort.values());

  @Option(names = "--number", description = "Only this case.")
  private Long number;

  @Option(names = "--from", description = "The first case.")
  private long from;

  @Option(names = "--folder", description = "Where to work; what failed stays there.")
  private Path folder;

  @Option(names = "--verdicts", hidden = true, description = "Where a part writes its verdicts.")
  private Path verdicts;

  @Option(names = "--done", hidden = true, description = "Blows that were dealt before.")
  private long done;

  private final PrintWriter out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);
  private final PrintWriter err = new PrintWriter(System.err, true, StandardCharsets.UTF_8);

  private Campaign() {}

  /**
   * Runs the campaign; the exit code is 0 if nothing failed.
   *
   * @param arguments see {@code --help}
   */
  public static void main(String[] arguments) {
    System.exit(new CommandLine(new Campaign()).execute(arguments));
  }

  @Override
  public Integer call() throws Exception {
    if (folder == null) {
      folder = Files.createTempDirectory("campaign");
    }
    folder = Files.createDirectories(folder).toAbsolutePath();
    if (number != null) {
      Sort sort = only.get(0);
      Verdict verdict = sort.open(folder.resolve(sort.name()), seed).judge(number);
      out.println(verdict);
      return verdict.failure().isPresent() ? 1 : 0;
    }
    if (verdicts != null) {
      deal(only.get(0));
      return 0;
    }
    return all();
  }

  private long goal(Sort sort) {
    return Math.max(1, Math.round(sort.goal() * share));
  }

  /** One sort, in this JVM. */
  private void deal(Sort sort) throws Exception {
    LogManager.getLogManager().reset(); // What libraries say of each damaged file.
    Part part = sort.open(folder.resolve(sort.name()), seed);
    try (PrintWriter lines = new PrintWriter(Files.newBufferedWriter(verdicts));
        Progress progress = Progress.start(err, goal(sort))) {
      progress.task(sort.label());
      int failures = 0;
      long dealt = done;
      for (long next = from; dealt < goal(sort); next++) {
        Verdict verdict = part.judge(next);
        lines.println(Tally.Line.of(sort, next, verdict).toJson());
        lines.flush();
        failures += verdict.failure().isPresent() ? 1 : 0;
        dealt += Math.max(1, verdict.blows());
        progress.update(Math.min(dealt, goal(sort)), failures + " failures");
      }
    }
  }

  private int all() throws Exception {
    Tally tally = new Tally();
    // Two lanes: what waits for children, and what computes here.
    ExecutorService lanes = Executors.newFixedThreadPool(2);
    try {
      List<Future<?>> parts = new ArrayList<>();
      for (Sort sort : only) {
        parts.add(
            lanes.submit(
                () -> {
                  isolate(sort, tally);
                  return null;
                }));
      }
      for (Future<?> part : parts) {
        part.get();
      }
    } finally {
      lanes.shutdownNow();
    }
    out.println(tally.table());
    tally.failures().forEach(failure -> out.println("- " + failure));
    out.printf("seed %d, %d failures%n", seed, tally.failures().size());
    return tally.failures().isEmpty() ? 0 : 1;
  }

  /** Goes on behind a case in which the JVM died. */
  private void isolate(Sort sort, Tally tally) throws IOException, InterruptedException {
    long next = from;
    long dealt = 0;
    while (dealt < goal(sort)) {
      Path file = folder.resolve(sort.name() + "-" + next + ".jsonl");
      int code = part(sort, next, dealt, file);
      synchronized (tally) {
        long last = Files.exists(file) ? tally.add(file) : -1;
        next = Math.max(last, next - 1) + 1;
        if (code == 0) {
          return;
        }
        if (last < 0) {
          throw new IOException("%s cannot begin with case %d".formatted(sort, next));
        }
        tally.add(
            Tally.Line.of(
                sort,
                next,
                Verdict.failed("the campaign itself", 1, "the JVM ended with " + code)));
        dealt = tally.blows(sort);
        next++;
      }
    }
  }

  private int part(Sort sort, long next, long dealt, Path file)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xmx512m", "-Xss4m", "-XX:+UseSerialGC", "-Dsteelyard.threads=1"));
    command.addAll(List.of("-cp", Children.classPath(), Campaign.class.getName()));
    command.addAll(List.of("--seed", "" + seed, "--share", "" + share, "--only", sort.name()));
    command.addAll(List.of("--from", "" + next, "--done", "" + dealt));
    command.addAll(List.of("--folder", folder.toString(), "--verdicts", file.toString()));
    Process process =
        new ProcessBuilder(command)
            .directory(folder.toFile()) // Where a crash leaves its report.
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    Thread telling =
        new Thread(
            () -> {
              try {
                process.getErrorStream().transferTo(System.err);
              } catch (IOException e) {
                err.println(e.getMessage());
              }
            });
    telling.setDaemon(true);
    telling.start();
    int code = process.waitFor();
    telling.join();
    return code;
  }
}
