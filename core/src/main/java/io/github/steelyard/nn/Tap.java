package io.github.steelyard.nn;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.Tensor;

/**
 * A named activation. The owner passes the activation through {@link #of} in its {@code forward};
 * an analysis reads it there ({@link #observe}) or changes it ({@link #edit}).
 *
 * <pre>{@code
 * final class OneLayer extends Module {
 *   private final Submodule fc1 = submodule("fc1", new Linear(784, 256));
 *   private final Tap hidden = tap("hidden");
 *
 *   public Tensor forward(Tensor x) {
 *     return hidden.of(fc1.forward(x).relu());
 *   }
 * }
 * }</pre>
 */
public final class Tap {
  private final List<Consumer<Tensor>> observers = new ArrayList<>();
  private final List<UnaryOperator<Tensor>> edits = new ArrayList<>();

  Tap() {}

  /** Ends an observation or an edit. */
  public interface Registration extends AutoCloseable {
    @Override
    void close();
  }

  /**
   * Passes an activation through: edits first, in the order they were added, then observers.
   *
   * @param activation the activation
   * @return the activation, edited if anybody edits it; the same object if nobody does
   */
  public Tensor of(Tensor activation) {
    Tensor edited = activation;
    for (UnaryOperator<Tensor> edit : List.copyOf(edits)) {
      edited = edit.apply(edited);
    }
    for (Consumer<Tensor> observer : List.copyOf(observers)) {
      observer.accept(edited);
    }
    return edited;
  }

  /** Whether anybody reads or changes the activation; if not, it need not be computed. */
  boolean isUsed() {
    return !edits.isEmpty() || !observers.isEmpty();
  }

  /**
   * Whether anybody changes the activation.
   *
   * @return true while an {@link #edit} is registered
   */
  public boolean isEdited() {
    return !edits.isEmpty();
  }

  /**
   * Reads the activation at each forward pass. A tensor that is read belongs to the scope of the
   * forward pass: keep it with {@link io.github.steelyard.runtime.Scope#keep} to use it later.
   *
   * @param observer receives the activation
   * @return close it to stop
   */
  public Registration observe(Consumer<Tensor> observer) {
    observers.add(observer);
    return () -> observers.remove(observer);
  }

  /**
   * Changes the activation at each forward pass.
   *
   * @param edit receives the activation and returns what the network goes on with
   * @return close it to stop
   */
  public Registration edit(UnaryOperator<Tensor> edit) {
    edits.add(edit);
    return () -> edits.remove(edit);
  }
}
