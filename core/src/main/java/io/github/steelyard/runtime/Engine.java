package io.github.steelyard.runtime;

import org.bytedeco.pytorch.global.torch;

/**
 * The native engine (libtorch): loads it safely, once, with fast thread settings.
 *
 * <p>Every class of Steelyard that touches a tensor calls {@link #start()} first, so a library user
 * needs to do nothing. A program that uses {@code org.bytedeco.pytorch} classes <em>before</em> any
 * class of Steelyard should call {@code Engine.start()} at the top of its {@code main}: the OpenMP
 * wait policy can only be chosen before libgomp is loaded, and the wrong one makes small training
 * steps about 20 times slower on few cores.
 *
 * <p>Settings, each from a system property, else from the environment, else the fast default:
 *
 * <ul>
 *   <li>{@code steelyard.threads} or {@code OMP_NUM_THREADS}: threads inside one operation, at most
 *       1024; default: the number of processors the JVM sees. 1 uses one core.
 *   <li>{@code steelyard.waitPolicy} ({@code passive}, {@code brief} or {@code active}), or {@code
 *       OMP_WAIT_POLICY} or {@code GOMP_SPINCOUNT}: what idle OpenMP threads do; default: {@code
 *       brief} where matrix products run in the same team of threads as everything else (on Linux
 *       with x86-64, or with MKL), else {@code passive}. With {@code brief}, a thread looks fifty
 *       times a second whether more threads than processors want to run.
 *   <li>{@code org.bytedeco:mkl} on the class path (with its {@code redist} classifier) takes
 *       OpenBLAS's place, unless {@code -Dorg.bytedeco.openblas.load=openblas}.
 * </ul>
 *
 * <p>Memory that a step frees is kept for the next one (glibc's thresholds), unless {@code
 * MALLOC_TRIM_THRESHOLD_}, {@code MALLOC_MMAP_THRESHOLD_} or {@code GLIBC_TUNABLES} is set.
 * JavaCPP's limit on the size of the process, which costs a system call for every tensor, is off; a
 * program that makes tensors outside of any {@link Scope} may want {@code
 * -Dorg.bytedeco.javacpp.maxPhysicalBytes=8G}.
 */
public final class Engine {
  private Engine() {}

  /**
   * Runs once, under the class-loading lock; keeps a failure so that every caller sees its cause.
   */
  private static final class Loaded {
    static final EngineSettings.Asked ASKED = EngineSettings.Asked.now();
    static final NativeLibraries.Loaded LIBRARIES;
    static final RuntimeException FAILURE;

    static {
      NativeLibraries.Loaded libraries = null;
      RuntimeException failure = null;
      try {
        libraries = NativeLibraries.prepare();
        torch.set_num_threads(libraries.settings().threads());
      } catch (RuntimeException e) {
        failure = e;
      }
      LIBRARIES = libraries;
      FAILURE = failure;
    }
  }

  /**
   * Loads the native engine if that has not happened yet. Safe to call from several threads and any
   * number of times; the first call takes one to three seconds.
   *
   * @throws EngineUnavailableException if this platform has no native build, or its files cannot be
   *     extracted or loaded; the message names the platform and the remedy
   * @throws IllegalArgumentException if a thread setting cannot be understood
   * @throws IllegalStateException if the system properties ask for other settings than those that
   *     the engine was started with: they cannot be changed any more
   */
  public static void start() {
    if (Loaded.FAILURE instanceof EngineUnavailableException unavailable) {
      throw new EngineUnavailableException(unavailable.getMessage(), unavailable);
    }
    if (Loaded.FAILURE != null) {
      throw new IllegalArgumentException(Loaded.FAILURE.getMessage(), Loaded.FAILURE);
    }
    EngineSettings.Asked asked = EngineSettings.Asked.now();
    if (!asked.equals(Loaded.ASKED)) {
      throw new IllegalStateException(
          "the native engine was started with "
              + Loaded.ASKED
              + ", and now the system properties are "
              + asked
              + "; its settings hold until the process ends: set them before anything of Steelyard"
              + " is used, or on Java's command line");
    }
  }

  /**
   * The settings the engine was started with.
   *
   * @return the settings in force
   */
  public static EngineSettings settings() {
    start();
    return Loaded.LIBRARIES.settings();
  }

  /**
   * What is running: versions, BLAS, threads, processor capability and device.
   *
   * @return a description that {@code steelyard version} prints
   */
  public static EngineInfo info() {
    start();
    return EngineInfo.read(Loaded.LIBRARIES);
  }
}
