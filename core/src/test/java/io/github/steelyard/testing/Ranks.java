package io.github.steelyard.testing;

import java.io.IOException;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;

/** Runs a main class of the tests in several processes that find one another on the loopback. */
public final class Ranks {
  private Ranks() {}

  public static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  /** Starts rank 0 to size - 1. */
  public static List<ChildJvm.Running> start(int size, Class<?> main, String... arguments)
      throws IOException {
    int port = freePort();
    List<ChildJvm.Running> running = new ArrayList<>();
    for (int rank = 0; rank < size; rank++) {
      running.add(rank(rank, size, port, main, arguments).start());
    }
    return running;
  }

  /** One rank, not started. */
  public static ChildJvm rank(int rank, int size, int port, Class<?> main, String... arguments) {
    ChildJvm child =
        ChildJvm.of(main)
            .option("-Dsteelyard.threads=1")
            .environment("MASTER_ADDR", "127.0.0.1")
            .environment("MASTER_PORT", Integer.toString(port))
            .environment("RANK", Integer.toString(rank))
            .environment("WORLD_SIZE", Integer.toString(size))
            .environment("STEELYARD_SILENCE_SECONDS", "10");
    for (String argument : arguments) {
      child.argument(argument);
    }
    return child;
  }

  /** What each rank left, by rank. */
  public static List<ChildJvm.Result> await(List<ChildJvm.Running> running)
      throws IOException, InterruptedException {
    List<ChildJvm.Result> results = new ArrayList<>();
    for (ChildJvm.Running rank : running) {
      results.add(rank.await(180));
    }
    return results;
  }

  public static List<ChildJvm.Result> run(int size, Class<?> main, String... arguments)
      throws IOException, InterruptedException {
    return await(start(size, main, arguments));
  }
}
