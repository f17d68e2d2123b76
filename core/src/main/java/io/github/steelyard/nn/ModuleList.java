package io.github.steelyard.nn;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/**
 * Modules named {@code 0}, {@code 1} and so on, which the owner runs as it likes through {@link
 * #places()}.
 */
public final class ModuleList extends Module {
  private final List<Submodule> places = new ArrayList<>();

  /**
   * A list of the given modules.
   *
   * @param modules the modules in order
   */
  public ModuleList(List<? extends Module> modules) {
    modules.forEach(module -> places.add(submodule(Integer.toString(places.size()), module)));
  }

  /**
   * Fails: a list does not say how its modules work together.
   *
   * @param input not used
   * @return never
   * @throws UnsupportedOperationException always
   */
  @Override
  public Tensor forward(Tensor input) {
    throw new UnsupportedOperationException(
        "a ModuleList has no forward; run its places(), or use a Sequential");
  }

  /**
   * The places of the modules, in order.
   *
   * @return an unmodifiable view
   */
  public List<Submodule> places() {
    return Collections.unmodifiableList(places);
  }
}
