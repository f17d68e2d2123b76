package io.github.steelyard.cli.command;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.ExitCode;

/** Processes that were started together and end together. */
final class LaunchedRanks {
  private static final long POLL_MILLIS = 100;

  /** A rank that lives learns in this time which other one failed, and says it. */
  private static final long GRACE_SECONDS = 15;

  private final PrintWriter out;
  private final PrintWriter err;
  private final List<Process> processes = new ArrayList<>();
  private final List<Thread> readers = new ArrayList<>();

  LaunchedRanks(PrintWriter out, PrintWriter err) {
    this.out = out;
    this.err = err;
  }

  void start(ProcessBuilder builder, int rank) throws IOException {
    Process process = builder.start();
    processes.add(process);
    copy(process.getInputStream(), out, rank == 0 ? "" : "[" + rank + "] ");
    copy(process.getErrorStream(), err, "[" + rank + "] ");
  }

  private void copy(InputStream from, PrintWriter to, String prefix) {
    Thread reader =
        new Thread(
            () -> {
              try (BufferedReader lines =
                  new BufferedReader(new InputStreamReader(from, StandardCharsets.UTF_8))) {
                for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                  to.println(prefix + line);
                  to.flush();
                }
              } catch (IOException e) {
                // The process has ended.
              }
            });
    reader.setDaemon(true);
    reader.start();
    readers.add(reader);
  }

  /** Asks all to finish their step and save. */
  void stop() {
    for (Process process : processes) {
      try {
        process.getOutputStream().write('s');
        process.getOutputStream().flush();
      } catch (IOException e) {
        // It has ended.
      }
    }
  }

  /** Waits for all; the first that fails decides the exit code, and ends the others. */
  int await() throws IOException {
    int code = 0;
    long deadline = Long.MAX_VALUE;
    try {
      while (processes.stream().anyMatch(Process::isAlive)) {
        for (int rank = 0; rank < processes.size() && code == 0; rank++) {
          Process process = processes.get(rank);
          if (!process.isAlive() && process.exitValue() != 0) {
            code = ended(rank, process.exitValue());
            deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(GRACE_SECONDS);
          }
        }
        if (System.nanoTime() > deadline) {
          err.println("the other ranks did not end within " + GRACE_SECONDS + " s and are killed");
          err.flush();
          kill();
          deadline = Long.MAX_VALUE;
        }
        Thread.sleep(POLL_MILLIS);
      }
      for (Process process : processes) {
        code = code == 0 ? process.exitValue() : code;
      }
      for (Thread reader : readers) {
        reader.join(TimeUnit.SECONDS.toMillis(GRACE_SECONDS));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while ranks are running", e);
    }
    return code > ExitCode.USAGE ? ExitCode.SOFTWARE : code;
  }

  /** A rank that was killed says nothing itself. */
  private int ended(int rank, int code) {
    if (code > ExitCode.USAGE) {
      err.println(
          "rank " + rank + " ended with exit code " + code + (code > 128 ? ": it was killed" : ""));
      err.flush();
    }
    return code;
  }

  void kill() {
    processes.forEach(Process::destroyForcibly);
  }
}
