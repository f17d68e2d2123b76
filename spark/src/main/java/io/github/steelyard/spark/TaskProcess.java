package io.github.steelyard.spark;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.spark.TaskContext;
import org.apache.spark.TaskKilledException;

/**
 * A process of Steelyard that a task of Spark waits for. What it says goes to the executor's log.
 * When the task is killed or the executor shuts down, it is asked to finish its step and to save.
 */
final class TaskProcess implements AutoCloseable {
  private static final long POLL_MILLIS = 100;

  /** A step and its checkpoint end in this time, or are lost. */
  private static final long GRACE_SECONDS = 60;

  private static final int LINES_KEPT = 20;
  private static final int CHARACTERS_KEPT = 1 << 20;

  private final Process process;
  private final StringBuilder out = new StringBuilder();
  private final Deque<String> last = new ArrayDeque<>();
  private final List<Thread> readers;
  private final Thread hook = new Thread(this::stop, "steelyard-stop");

  TaskProcess(List<String> command, Map<String, String> variables, int cores) throws IOException {
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().putIfAbsent("OMP_NUM_THREADS", Integer.toString(cores));
    builder.environment().putAll(variables);
    // It listens to its standard input, whose end means that this executor is gone.
    builder.environment().put("STEELYARD_LAUNCHED", "1");
    process = builder.start();
    Runtime.getRuntime().addShutdownHook(hook);
    readers =
        List.of(
            reader(process.getInputStream(), System.out, this::keepOut),
            reader(process.getErrorStream(), System.err, this::keepLast));
  }

  private interface Keeper {
    void keep(String line);
  }

  private static Thread reader(InputStream from, PrintStream log, Keeper keeper) {
    Thread reader =
        new Thread(
            () -> {
              try (BufferedReader lines =
                  new BufferedReader(new InputStreamReader(from, StandardCharsets.UTF_8))) {
                for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                  log.println(line);
                  keeper.keep(line);
                }
              } catch (IOException e) {
                // The process has ended.
              }
            });
    reader.setDaemon(true);
    reader.start();
    return reader;
  }

  private synchronized void keepOut(String line) {
    if (out.length() + line.length() < CHARACTERS_KEPT) {
      out.append(line).append('\n');
    }
  }

  private synchronized void keepLast(String line) {
    last.addLast(line);
    if (last.size() > LINES_KEPT) {
      last.removeFirst();
    }
  }

  /**
   * Waits for its end.
   *
   * @throws TaskKilledException if Spark ended the task before
   */
  Ended await(TaskContext task) {
    try {
      while (!process.waitFor(POLL_MILLIS, TimeUnit.MILLISECONDS)) {
        if (task.isInterrupted()) {
          stop();
          throw new TaskKilledException("the task was killed");
        }
      }
      for (Thread reader : readers) {
        reader.join(TimeUnit.SECONDS.toMillis(GRACE_SECONDS));
      }
    } catch (InterruptedException e) {
      stop();
      throw new TaskKilledException("the task was interrupted");
    }
    synchronized (this) {
      return new Ended(process.exitValue(), out.toString(), String.join("\n", last));
    }
  }

  private void stop() {
    try {
      process.getOutputStream().write('s');
      process.getOutputStream().flush();
      process.waitFor(GRACE_SECONDS, TimeUnit.SECONDS);
    } catch (IOException e) {
      // It has ended.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      process.destroyForcibly();
    }
  }

  @Override
  public void close() {
    process.destroyForcibly();
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // This executor shuts down.
    }
  }
}
