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
 * form, and a Java callback would enter the JVM from each thread of each product. So these are 504
 * bytes of x86-64 code in a page of their own, as JNA makes for its callbacks; {@code
 * core/src/main/c/openblas_team.c} is their source. They do three things more:
 *
 * <ul>
 *   <li>Jobs of a matrix product wait for parts of one another; beside a busy neighbour, each wait
 *       may cost a time slice. The code makes them independent, at the price of packing one operand
 *       twice.
 *   <li>A product that starts inside a parallel region, as in libtorch's attention, is computed by
 *       the thread that asks.
 *   <li>So is one that starts while another Java thread's product is being computed, to the same
 *       bits: OpenBLAS has one work area for each job number.
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
              "415741564989f6415541544189d455534c89c34c8d2de60f00004883ec38498b4018418ba8a00000"
                  + "004d8b78204889042481e5004000000f85f300000048837868000f84f1000000bd0100000083fa01"
                  + "0f8ee30000004d85ff0f84da0000004d39b8c80000000f85cd000000498b80d0000000493940280f"
                  + "85bc000000488b04244863d2483950700f85ab000000498b47f848895424084839c20f8c94000000"
                  + "4885c00f8e8b000000498b04c749c747f8010000004989470841ff5518488b54240885c07425488b"
                  + "6b28488b44d5004889c2482b55004881fa000400007f2d4889450841bc01000000eb21498d7d3841"
                  + "ff552885c075114c89742418448964242048895c2428eb6e488b6b284531ed4d89e949ffc5488b4b"
                  + "304c8b4338488b3c244889ea4c89feff134539ec7fe1eb6331edeb05bd01000000498d7d3841ff55"
                  + "204c89742418448964242048895c242885ed752241ff551885c0741a4439e57d2a4889de89ef31d2"
                  + "ffc541ffd64881c3a8000000ebe6488d74241831c94489e2488d3d1b00000041ff5500498d7d3841"
                  + "ff55304883c4385b5d415c415d415e415fc3415641554154554889fd53488d1d4c0e0000ff53104c"
                  + "63f0ff53084d89f54d69f6a80000004c63e04c89e34d69e4a8000000395d087e16488b751089df31"
                  + "d24401eb4c01e64d01f4ff5500ebe55b5d415c415d415ec3");

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
