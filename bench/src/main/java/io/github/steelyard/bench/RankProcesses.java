package io.github.steelyard.bench;

import java.io.IOException;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Processes of a program of this class path that run at the same time.
 *
 * @param starts what each is started with, by rank, and its variables
 * @param threads of each
 */
record RankProcesses(List<Start> starts, int threads) {
  private static final int PORT = 29500;

  /** What a process is started by, words before its command, and what it finds set. */
  record Start(List<String> words, Map<String, String> variables) {}

  /** Processes that know nothing of one another. */
  static RankProcesses alone(int size, int threads) {
    List<Start> starts = new ArrayList<>();
    for (int rank = 0; rank < size; rank++) {
      starts.add(new Start(List.of(), Map.of()));
    }
    return new RankProcesses(starts, threads);
  }

  /** Ranks on the loopback. */
  static RankProcesses together(int size, int threads) throws IOException {
    List<Start> starts = new ArrayList<>();
    try (ServerSocket socket = new ServerSocket(0)) {
      for (int rank = 0; rank < size; rank++) {
        starts.add(new Start(List.of(), variables("127.0.0.1", socket.getLocalPort(), rank, size)));
      }
    }
    return new RankProcesses(starts, threads);
  }

  /** Two ranks at the ends of a cable. */
  static RankProcesses over(Cable cable, int threads) {
    List<Start> starts = new ArrayList<>();
    for (int rank = 0; rank < 2; rank++) {
      Map<String, String> variables = variables(cable.address(0), PORT, rank, 2);
      variables.put("GLOO_SOCKET_IFNAME", Cable.NAME);
      starts.add(new Start(cable.at(rank), variables));
    }
    return new RankProcesses(starts, threads);
  }

  private static Map<String, String> variables(String host, int port, int rank, int size) {
    Map<String, String> variables = new HashMap<>();
    variables.put("MASTER_ADDR", host);
    variables.put("MASTER_PORT", String.valueOf(port));
    variables.put("RANK", String.valueOf(rank));
    variables.put("WORLD_SIZE", String.valueOf(size));
    return variables;
  }

  /**
   * Runs them until all have ended.
   *
   * @return what the first one printed
   * @throws IOException if one cannot be started or fails
   */
  String run(Class<?> program, String... arguments) throws IOException, InterruptedException {
    List<Process> processes = new ArrayList<>();
    for (Start start : starts) {
      List<String> command = new ArrayList<>(start.words());
      command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
      command.addAll(List.of("-cp", System.getProperty("java.class.path"), program.getName()));
      command.addAll(List.of(arguments));
      ProcessBuilder builder =
          new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT);
      builder.environment().put("OMP_NUM_THREADS", String.valueOf(threads));
      builder.environment().putAll(start.variables());
      processes.add(builder.start());
    }
    String said = "";
    for (Process process : processes) {
      String own = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      said = said.isEmpty() ? own.strip() : said;
      if (process.waitFor() != 0) {
        throw new IOException("a measuring process failed");
      }
    }
    return said;
  }
}
