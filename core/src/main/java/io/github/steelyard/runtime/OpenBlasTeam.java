package io.github.steelyard.runtime;

import com.sun.jna.Function;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Platform;
import com.sun.jna.Pointer;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Lets OpenBLAS compute in libgomp's team of threads instead of a pool of its own. Two pools fight:
 * the idle threads of each spin, or sleep and must be woken, where those of the other want to work;
 * with one team, a training step takes two thirds of the time.
 *
 * <p>OpenBLAS offers a callback for that, which must be native code: nothing in libtorch has its
 * form, and a Java callback would enter the JVM from each thread of each product. So these are 512
 * bytes of x86-64 code in a page of their own, as JNA makes for its callbacks; {@code
 * core/src/main/c/openblas_team.c} is their source. They do three things more:
 *
 * <ul>
 *   <li>Jobs of a matrix product wait for parts of one another; beside a busy neighbour, each wait
 *       may cost a time slice. The code makes them independent, at the price of packing one operand
 *       twice.
 *   <li>A product that starts inside a parallel region, as in libtorch's attention, is computed by
 *       the thread that asks.
 *   <li>So is one that starts while another Java thread's product is being computed: OpenBLAS has
 *       one work area for each job number.
 * </ul>
 *
 * <p>All this depends on one release of OpenBLAS, and is left alone with any other.
 */
final class OpenBlasTeam {
  /** For other routines, whose jobs may wait for one another also inside a parallel region. */
  static final Map<String, String> ENVIRONMENT = Map.of("OMP_MAX_ACTIVE_LEVELS", "2");

  private static final String RELEASE = "OpenBLAS 0.3.31 ";

  /** Whoever sets one of these may get fewer threads than jobs. */
  private static final Set<String> IN_THE_WAY =
      Set.of("OMP_MAX_ACTIVE_LEVELS", "OMP_NESTED", "OMP_THREAD_LIMIT", "OMP_DYNAMIC");

  /** What the code calls, in the order of its structure {@code outside}; then a mutex. */
  private static final List<String> CALLED =
      List.of(
          "GOMP_parallel",
          "omp_get_thread_num",
          "omp_get_num_threads",
          "omp_in_parallel",
          "pthread_mutex_lock",
          "pthread_mutex_trylock",
          "pthread_mutex_unlock");

  private static final byte[] CODE =
      HexFormat.of()
          .parseHex(
              "4157415641554989f541545589d5534c89c34c8d25e70f00004883ec38498b4018458bb0a0000000"
                  + "4d8b7820488904244181e6004000000f85f300000048837868000f84f300000041be0100000083fa"
                  + "010f8ee40000004d85ff0f84db0000004d39b8c80000000f85ce000000498b80d000000049394028"
                  + "0f85bd0000004863c24863ca4889442408488b0424483948700f85a4000000498b47f84839c10f8c"
                  + "910000004885c00f8e88000000498b04c749c747f8010000004989470841ff54241885c07521498d"
                  + "7c243841ff54242885c075134c896c2418896c242048895c2428e9960000004c8b6b284863c5498b"
                  + "44c5004889c2492b55004881fa000400007f0949894508bd010000004531e44d89e149ffc4488b4b"
                  + "304c8b4338488b3c244c89ea4c89feff134439e57fe1eb6b4531f6eb0641be01000000498d7c2438"
                  + "41ff5424204c896c2418896c242048895c24284585f6752541ff54241885c0741c4139ee7d2b4889"
                  + "de4489f731d241ffc641ffd54881c3a8000000ebe4488d74241831c9488d3d1f00000089ea41ff14"
                  + "24498d7c243841ff5424304883c4385b5d415c415d415e415fc3415641554154554889fd53488d1d"
                  + "440e0000ff53104c63f0ff53084d89f54d69f6a80000004c63e04c89e34d69e4a8000000395d087e"
                  + "16488b751089df31d24401eb4c01e64d01f4ff5500ebe55b5d415c415d415ec3");

  private static final long PAGE = 4096;
  private static final int READ = 1;
  private static final int WRITE = 2;
  private static final int EXECUTE = 4;
  private static final int PRIVATE_ANONYMOUS = 0x22;

  private final Pointer page;

  private OpenBlasTeam(Pointer page) {
    this.page = page;
  }

  /**
   * Prepares the code, before any library is loaded: on Linux for x86-64, where memory can be made
   * executable and the environment does not limit teams.
   */
  static Optional<OpenBlasTeam> prepare(Map<String, String> environment) {
    if (!Platform.isLinux()
        || !Platform.isIntel()
        || !Platform.is64Bit()
        || IN_THE_WAY.stream().anyMatch(environment::containsKey)) {
      return Optional.empty();
    }
    NativeLibrary c = NativeLibrary.getInstance(Platform.C_LIBRARY_NAME);
    Pointer page =
        c.getFunction("mmap")
            .invokePointer(new Object[] {null, 2 * PAGE, READ | WRITE, PRIVATE_ANONYMOUS, -1, 0L});
    if (Pointer.nativeValue(page) == -1) {
      return Optional.empty();
    }
    page.write(0, CODE, 0, CODE.length);
    int failed = c.getFunction("mprotect").invokeInt(new Object[] {page, PAGE, READ | EXECUTE});
    return failed == 0 ? Optional.of(new OpenBlasTeam(page)) : Optional.empty();
  }

  /**
   * Hands the code to OpenBLAS, if that release is what libtorch was loaded with.
   *
   * @param libtorch libtorch_cpu, in whose dependencies libgomp and OpenBLAS are found
   * @return whether it was handed over
   */
  boolean install(NativeLibrary libtorch) {
    Function callback;
    try {
      callback = libtorch.getFunction("openblas_set_threads_callback_function");
      if (!libtorch
          .getFunction("openblas_get_config")
          .invokeString(null, false)
          .startsWith(RELEASE)) {
        return false;
      }
      for (int i = 0; i < CALLED.size(); i++) {
        page.setPointer(PAGE + (long) i * Long.BYTES, libtorch.getFunction(CALLED.get(i)));
      }
    } catch (UnsatisfiedLinkError e) {
      return false; // another BLAS
    }
    callback.invokeVoid(new Object[] {page}); // the mutex is all zeros: initialised
    return true;
  }
}
