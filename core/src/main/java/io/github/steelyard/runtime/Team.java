package io.github.steelyard.runtime;

import com.sun.jna.Callback;
import com.sun.jna.CallbackThreadInitializer;
import com.sun.jna.Function;
import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;

/**
 * Java work in the threads that compute libtorch's operations. They spin for a while after each
 * operation, so that threads of Java's own would have to share the processors with them.
 */
public final class Team {
  private static final boolean DAEMON = true;
  private static final boolean DETACH = false; // To attach a thread again takes longer than a part.

  private static final Map<Long, Job> JOBS = new ConcurrentHashMap<>();
  private static final AtomicLong NUMBERS = new AtomicLong(1);
  private static final Member MEMBER = Team::join;

  /** Empty where libgomp is not what libtorch uses, or where its threads sleep at once. */
  private static volatile Function parallel;

  private Team() {}

  /** What libgomp calls in each of its threads. */
  interface Member extends Callback {
    void invoke(Pointer number);
  }

  private record Job(
      int parts, IntConsumer work, AtomicInteger next, AtomicReference<Throwable> failure) {
    void share() {
      int part = next.getAndIncrement();
      while (part < parts && failure.get() == null) {
        try {
          work.accept(part);
        } catch (RuntimeException | Error e) {
          failure.compareAndSet(null, e);
        }
        part = next.getAndIncrement();
      }
    }
  }

  /**
   * Lets libgomp's threads take Java work.
   *
   * @param libtorch libtorch_cpu, in whose dependencies libgomp is found
   */
  static void open(NativeLibrary libtorch) {
    Native.setCallbackThreadInitializer(
        MEMBER, new CallbackThreadInitializer(DAEMON, DETACH, "steelyard-team"));
    parallel = libtorch.getFunction("GOMP_parallel");
  }

  /**
   * Does all parts of some work, as many at a time as {@linkplain Engine#settings() threads}; which
   * thread does which is chance.
   *
   * @param parts how many
   * @param work does the part of a number from 0; must not wait for another part
   * @throws RuntimeException what the first part threw that failed; the others may not be done
   */
  public static void forEach(int parts, IntConsumer work) {
    int threads = Math.min(parts, Engine.settings().threads());
    if (threads <= 1) {
      IntStream.range(0, parts).forEach(work);
    } else if (parallel == null) {
      IntStream.range(0, parts).parallel().forEach(work);
    } else {
      long number = NUMBERS.getAndIncrement();
      Job job = new Job(parts, work, new AtomicInteger(), new AtomicReference<>());
      JOBS.put(number, job);
      try {
        parallel.invokeVoid(new Object[] {MEMBER, new Pointer(number), threads, 0});
      } finally {
        JOBS.remove(number);
      }
      rethrow(job.failure().get());
    }
  }

  private static void join(Pointer number) {
    JOBS.get(Pointer.nativeValue(number)).share();
  }

  private static void rethrow(Throwable failure) {
    if (failure instanceof RuntimeException e) {
      throw e;
    }
    if (failure instanceof Error e) {
      throw e;
    }
  }
}
