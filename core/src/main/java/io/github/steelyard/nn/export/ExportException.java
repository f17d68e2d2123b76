package io.github.steelyard.nn.export;

/** A module cannot be exported; the message names where it is, what it is and what to do. */
public final class ExportException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  /**
   * Creates the exception.
   *
   * @param path the module's dotted path; empty for the whole model
   * @param problem what is wrong and what to do
   */
  public ExportException(String path, String problem) {
    super((path.isEmpty() ? "the model" : path) + ": " + problem);
  }

  /**
   * A module that does not say what it computes.
   *
   * @param path the module's dotted path; empty for the whole model
   * @param module the module
   * @return the exception to throw
   */
  public static ExportException notExportable(String path, Object module) {
    return new ExportException(
        path,
        module.getClass().getName()
            + " cannot be exported, because it does not say what it computes; let it implement "
            + Exportable.class.getName());
  }
}
