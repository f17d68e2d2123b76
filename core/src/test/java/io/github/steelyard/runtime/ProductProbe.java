package io.github.steelyard.runtime;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.DoubleOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/** Multiplies matrices wherever libtorch does, in a process with thread settings of its own. */
final class ProductProbe {
  private static final int JAVA_THREADS = 4;

  private ProductProbe() {}

  public static void main(String[] arguments) throws Exception {
    Engine.start();
    Seeds.set(1);
    if (arguments[0].equals("cores")) {
      System.out.println(cores());
      return;
    }
    if (arguments[0].equals("crowded")) {
      awaitSleepers();
    }
    for (long[] shape :
        List.of(
            new long[] {130, 70, 90},
            new long[] {1, 3000, 700},
            new long[] {700, 3000, 1},
            new long[] {3, 5000, 401},
            new long[] {2000, 64, 3},
            new long[] {513, 1027, 259})) {
      check("product", products(shape[0], shape[1], shape[2]), 1e-5);
    }
    check("attention", attention(), 1e-5);
    Tensor a = Scope.keep(torch.randn(301, 450));
    Tensor b = Scope.keep(torch.randn(450, 203));
    Tensor alone = Scope.keep(a.matmul(b));
    ExecutorService pool = Executors.newFixedThreadPool(JAVA_THREADS);
    Callable<Double> work =
        () -> {
          if (!Scope.compute(() -> a.matmul(b).equal(alone))) {
            throw new IllegalStateException("side by side, the bits are others");
          }
          checkTeam();
          return Math.max(products(300, 500, 200), attention());
        };
    List<Callable<Double>> works =
        IntStream.range(0, 10 * JAVA_THREADS).mapToObj(i -> work).toList();
    for (Future<Double> difference : pool.invokeAll(works)) {
      check("side by side", value(difference), 1e-5);
    }
    pool.shutdown();
    System.out.println("all right");
  }

  /** Keeps more threads busy than there are processors, until that has been noticed. */
  private static void awaitSleepers() throws InterruptedException {
    for (int i = 0; i <= Runtime.getRuntime().availableProcessors(); i++) {
      Thread busy =
          new Thread(
              () -> {
                while (!sleepersAreThere()) {
                  Thread.onSpinWait();
                }
              });
      busy.start();
    }
    while (!sleepersAreThere()) {
      Thread.sleep(10);
    }
    System.out.println("sleepers came");
  }

  private static boolean sleepersAreThere() {
    return Thread.getAllStackTraces().keySet().stream()
        .anyMatch(thread -> thread.getName().equals("steelyard-sleepers"));
  }

  /** Java work in the threads of the products: every part once, and failures reach the caller. */
  private static void checkTeam() {
    int parts = 500;
    AtomicIntegerArray done = new AtomicIntegerArray(parts);
    Team.forEach(parts, done::incrementAndGet);
    check(
        "a part",
        IntStream.range(0, parts).map(i -> Math.abs(done.get(i) - 1)).max().getAsInt(),
        1);
    try {
      Team.forEach(
          parts,
          i -> {
            throw new UnsupportedOperationException();
          });
    } catch (UnsupportedOperationException e) {
      return;
    }
    throw new IllegalStateException("a part that fails is not noticed");
  }

  private static double value(Future<Double> future) throws InterruptedException {
    try {
      return future.get();
    } catch (ExecutionException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void check(String what, double difference, double limit) {
    if (!(difference < limit)) {
      throw new IllegalStateException(what + " is off by " + difference);
    }
  }

  /** The largest relative difference of four float products to those in double precision. */
  private static double products(long rows, long inner, long columns) {
    return Scope.compute(
        () -> {
          Tensor a = torch.randn(rows, inner);
          Tensor b = torch.randn(inner, columns);
          Tensor exact = wide(a).matmul(wide(b));
          Tensor transposedA = a.t().contiguous();
          Tensor transposedB = b.t().contiguous();
          double largest = 0;
          for (Tensor product :
              List.of(
                  a.matmul(b),
                  transposedA.t().matmul(b),
                  a.matmul(transposedB.t()),
                  transposedA.t().matmul(transposedB.t()))) {
            largest = Math.max(largest, difference(product, exact));
          }
          return largest;
        });
  }

  /** Long enough that the products inside of libtorch's parallel regions are split as well. */
  private static double attention() {
    return Scope.compute(
        () -> {
          Tensor q = torch.randn(2, 3, 197, 64).requires_grad_(true);
          Tensor k = torch.randn(2, 3, 197, 64);
          Tensor v = torch.randn(2, 3, 197, 64);
          Tensor single = attention(q, k, v);
          Tensor gradient = gradient(single, q);
          Tensor wideQ = wide(q.detach()).requires_grad_(true);
          Tensor exact = attention(wideQ, wide(k), wide(v));
          return Math.max(difference(single, exact), difference(gradient, gradient(exact, wideQ)));
        });
  }

  private static Tensor attention(Tensor q, Tensor k, Tensor v) {
    return torch.scaled_dot_product_attention(
        q, k, v, new TensorOptional(), 0, false, new DoubleOptional(), false);
  }

  private static Tensor gradient(Tensor output, Tensor input) {
    output.sum().backward();
    return input.grad();
  }

  private static Tensor wide(Tensor tensor) {
    return tensor.to(torch.ScalarType.Double);
  }

  private static double difference(Tensor single, Tensor exact) {
    return wide(single).sub(exact).norm().item_double() / exact.norm().item_double();
  }

  /** How many cores a second of products keeps busy. */
  private static double cores() {
    OperatingSystemMXBean system =
        (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    Tensor a = Scope.keep(torch.randn(512, 512));
    Runnable products =
        () -> {
          long end = System.nanoTime() + 1_000_000_000L;
          while (System.nanoTime() < end) {
            Scope.run(() -> a.matmul(a).relu());
          }
        };
    products.run();
    long start = System.nanoTime();
    long before = system.getProcessCpuTime();
    products.run();
    return (system.getProcessCpuTime() - before) / (double) (System.nanoTime() - start);
  }
}
