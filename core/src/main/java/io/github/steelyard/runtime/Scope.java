package io.github.steelyard.runtime;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.GradMode;
import org.bytedeco.pytorch.Tensor;

/**
 * Frees native memory. Java's collector does not see the memory behind a tensor, so work that makes
 * many tensors runs inside a scope, and everything it made is released at the end, except what it
 * returns or {@linkplain #keep keeps}.
 *
 * <p>The Trainer, the optimizers and the loaders open scopes on their own. In an own training loop,
 * wrap each step:
 *
 * <pre>{@code
 * double loss = Scope.compute(() -> {
 *   Tensor value = torch.cross_entropy_loss(model.forward(x), y);
 *   value.backward();
 *   optimizer.step();
 *   return value.item_double();
 * });
 * }</pre>
 *
 * <p>A tensor that was released cannot be used by mistake: its address is cleared, and libtorch's
 * Java methods then throw {@code NullPointerException} ("This pointer address is NULL").
 */
public final class Scope {
  private Scope() {}

  /**
   * What is done in a scope.
   *
   * @param <E> what it throws, such as {@code IOException}; nothing to declare if nothing checked
   */
  @FunctionalInterface
  public interface Work<E extends Exception> {
    /**
     * Does it.
     *
     * @throws E if it fails
     */
    void run() throws E;
  }

  /**
   * What is computed in a scope.
   *
   * @param <T> the type of the result
   * @param <E> what it throws, such as {@code IOException}; nothing to declare if nothing checked
   */
  @FunctionalInterface
  public interface Computation<T, E extends Exception> {
    /**
     * Computes it.
     *
     * @return the result
     * @throws E if it fails
     */
    T get() throws E;
  }

  /**
   * Runs work and releases every tensor it made.
   *
   * @param <E> what the work throws
   * @param work what to do
   * @throws E if the work does
   */
  public static <E extends Exception> void run(Work<E> work) throws E {
    Scope.<Object, E>compute(
        () -> {
          work.run();
          return null;
        });
  }

  /**
   * Runs work, releases every tensor it made and returns its result. Tensors in the result survive
   * if the result is a {@link Tensor} or a collection of tensors; they then belong to the scope
   * around this one. A result of another type that holds tensors must {@link #keep} them itself.
   *
   * @param <T> the type of the result
   * @param <E> what the work throws
   * @param work what to do
   * @return what the work returned
   * @throws E if the work does
   */
  public static <T, E extends Exception> T compute(Computation<T, E> work) throws E {
    Engine.start();
    List<Tensor> survivors = new ArrayList<>();
    T result;
    try (PointerScope scope = new PointerScope()) {
      result = work.get();
      collect(result, survivors);
      survivors.forEach(Pointer::retainReference);
    }
    PointerScope outer = PointerScope.getInnerScope();
    if (outer != null) {
      for (Tensor survivor : survivors) {
        outer.attach(survivor);
        survivor.releaseReference();
      }
    }
    return result;
  }

  private static void collect(Object result, List<Tensor> into) {
    if (result instanceof Tensor tensor) {
      into.add(tensor);
    } else if (result instanceof Collection<?> many) {
      many.forEach(element -> collect(element, into));
    }
  }

  /**
   * Runs work without recording gradients and releases every tensor it made.
   *
   * @param <E> what the work throws
   * @param work what to do
   * @throws E if the work does
   */
  public static <E extends Exception> void withoutGradient(Work<E> work) throws E {
    Scope.<Object, E>computeWithoutGradient(
        () -> {
          work.run();
          return null;
        });
  }

  /**
   * Like {@link #compute}, without recording gradients.
   *
   * @param <T> the type of the result
   * @param <E> what the work throws
   * @param work what to do
   * @return what the work returned
   * @throws E if the work does
   */
  public static <T, E extends Exception> T computeWithoutGradient(Computation<T, E> work) throws E {
    Engine.start();
    boolean before = GradMode.is_enabled();
    GradMode.set_enabled(false);
    try {
      return compute(work);
    } finally {
      GradMode.set_enabled(before);
    }
  }

  /**
   * Keeps a tensor beyond the scopes it was made in, until Java's collector finds it unreachable.
   * Parameters, buffers and optimizer state are kept this way.
   *
   * @param tensor the tensor to keep
   * @return the same tensor
   */
  public static Tensor keep(Tensor tensor) {
    tensor.retainReference();
    return tensor;
  }

  /**
   * Hands a tensor that was made outside any scope, as by a loader's thread, to the scope around
   * the caller, which will release it. Without a scope nothing happens.
   *
   * @param tensor the tensor to hand over
   * @return the same tensor
   */
  public static Tensor adopt(Tensor tensor) {
    PointerScope inner = PointerScope.getInnerScope();
    if (inner != null) {
      inner.attach(tensor);
    }
    return tensor;
  }
}
