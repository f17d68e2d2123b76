package io.github.steelyard.runtime;

import com.sun.jna.Function;
import com.sun.jna.Memory;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Platform;
import com.sun.jna.Pointer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Lets libgomp's idle threads spin long where cores are free, and hardly at all while other
 * programs want them. Between two small operations a thread that spins goes on at once, one that
 * sleeps must be woken, which takes longer than the operation. But beside a busy program a thread
 * that spins keeps the core from the one it waits for.
 *
 * <p>libgomp cannot be told so once it runs, but it spins briefly while it has more threads than
 * there are processors. So this looks how often more threads want to run than there are processors,
 * and while that is often, a team of threads that sleep makes libgomp's more. Results do not depend
 * on it.
 */
final class BusyNeighbours implements Runnable {
  /** Iterations, as libgomp's own default; some milliseconds. */
  static final String LONG_SPINS = "300000";

  private static final Path LOAD = Path.of("/proc/loadavg");
  private static final int PERIOD_MILLISECONDS = 20;

  /** Periods that the share of crowded ones is taken over. */
  private static final double MEMORY = 16;

  /** Measured shares: beside one busy program 0.45 to 1, alone 0 to 0.3. */
  private static final double OFTEN = 0.5;

  private static final double SELDOM = 0.25;
  private static final int SIZE_OF_SEMAPHORE = 32;

  private final Function post;
  private final Function parallel;
  private final Pointer sleep;
  private final int processors;
  private final Memory semaphore = new Memory(SIZE_OF_SEMAPHORE);

  private BusyNeighbours(NativeLibrary libtorch) {
    NativeLibrary c = NativeLibrary.getInstance(Platform.C_LIBRARY_NAME);
    post = c.getFunction("sem_post");
    sleep = c.getFunction("sem_wait");
    parallel = libtorch.getFunction("GOMP_parallel");
    processors = libtorch.getFunction("omp_get_num_procs").invokeInt(new Object[0]);
    semaphore.clear(); // all zeros: initialised, and nobody may pass
  }

  /**
   * Starts to watch, until the process ends.
   *
   * @param libtorch libtorch_cpu, in whose dependencies libgomp is found
   */
  static void watch(NativeLibrary libtorch) {
    daemon("steelyard-neighbours", new BusyNeighbours(libtorch));
  }

  private static Thread daemon(String name, Runnable work) {
    Thread thread = new Thread(work, name);
    thread.setDaemon(true);
    thread.start();
    return thread;
  }

  @Override
  public void run() {
    double share = 0;
    Thread sleepers = null;
    while (pause()) {
      share += ((isCrowded() ? 1 : 0) - share) / MEMORY;
      if (share > OFTEN && sleepers == null) {
        sleepers = daemon("steelyard-sleepers", this::sleep);
      } else if (share < SELDOM && sleepers != null) {
        wake(sleepers);
        sleepers = null;
      }
    }
  }

  private static boolean pause() {
    try {
      Thread.sleep(PERIOD_MILLISECONDS);
      return true;
    } catch (InterruptedException e) {
      return false;
    }
  }

  /** Whether more threads than processors, besides this one, want to run: "... 4/321 ...". */
  private boolean isCrowded() {
    try {
      String[] words = Files.readString(LOAD).split(" ", -1);
      int wanting = Integer.parseInt(words[3].substring(0, words[3].indexOf('/'))) - 1;
      return wanting > processors;
    } catch (IOException e) {
      return false;
    }
  }

  private void sleep() {
    parallel.invokeVoid(new Object[] {sleep, semaphore, processors + 1, 0});
  }

  private void wake(Thread sleepers) {
    for (int i = 0; i <= processors; i++) {
      post.invokeInt(new Object[] {semaphore});
    }
    try {
      sleepers.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
