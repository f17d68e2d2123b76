package io.github.steelyard.nn;

import io.github.steelyard.runtime.Printable;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** A state dict does not fit a module: names are missing, unexpected or wrongly shaped. */
public final class StateDictException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;
  private static final int MOST_LISTED = 12;

  /** Names of the module that the state dict lacks. */
  private final transient List<String> missing;

  /** Names of the state dict that the module lacks. */
  private final transient List<String> unexpected;

  StateDictException(
      List<String> missing,
      Set<String> unexpected,
      Map<String, String> misfits,
      Map<String, String> pairs) {
    super(message(missing, List.copyOf(unexpected), misfits, pairs));
    this.missing = List.copyOf(missing);
    this.unexpected = List.copyOf(unexpected);
  }

  private StateDictException(String message, StateDictException cause) {
    super(message, cause);
    this.missing = cause.missing;
    this.unexpected = cause.unexpected;
  }

  /**
   * The same exception with a message that says where the state dict came from.
   *
   * @param source such as a file's path
   * @return a new exception whose cause is this one
   */
  public StateDictException from(String source) {
    return new StateDictException(source + ": " + getMessage(), this);
  }

  /**
   * Names of the module that the state dict lacks.
   *
   * @return the names, in the module's order
   */
  public List<String> missing() {
    return missing;
  }

  /**
   * Names of the state dict that the module lacks.
   *
   * @return the names, in the state dict's order
   */
  public List<String> unexpected() {
    return unexpected;
  }

  private static String message(
      List<String> missing,
      List<String> unexpected,
      Map<String, String> misfits,
      Map<String, String> pairs) {
    StringBuilder text = new StringBuilder("the state dict does not fit the model");
    list(text, "missing", missing);
    list(text, "unexpected", unexpected);
    list(
        text,
        "wrong shape",
        misfits.entrySet().stream().map(e -> e.getKey() + " (" + e.getValue() + ")").toList());
    pairs.forEach(
        (name, meant) ->
            text.append("; is '")
                .append(Printable.name(name))
                .append("' the missing '")
                .append(meant)
                .append("'?"));
    if (unexpected.stream().anyMatch(name -> name.contains(".parametrizations."))) {
      text.append(
          "; the file keeps weights in the parts that pruning or quantization trains: take the plain"
              + " weights of the same export, such as dense.safetensors beside masked.safetensors");
    }
    return text.toString();
  }

  private static void list(StringBuilder text, String title, List<String> names) {
    if (names.isEmpty()) {
      return;
    }
    text.append("; ").append(title).append(" (").append(names.size()).append("): ");
    text.append(
        Printable.name(String.join(", ", names.subList(0, Math.min(MOST_LISTED, names.size())))));
    if (names.size() > MOST_LISTED) {
      text.append(", ...");
    }
  }
}
