package io.github.steelyard.runtime;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.util.function.Consumer;

/**
 * Changed copies of records. A record of many values has a nested class {@code Draft} with a public
 * field for each component, of the same name and type, and a method {@code with}:
 *
 * <pre>{@code
 * TrainingConfiguration longer = configuration.with(t -> t.epochs = 20);
 * }</pre>
 *
 * <p>Written by hand: Java has no such expression for records, and the libraries that generate one
 * run in the compiler.
 */
public final class Records {
  private Records() {}

  /**
   * A copy with other values. The record's own checks run on them.
   *
   * @param <R> the record's type
   * @param <D> the draft's type
   * @param record what to copy
   * @param draft a new draft: public, with a public field for each component
   * @param change sets fields of the draft, which holds the record's values
   * @return the changed copy
   * @throws IllegalStateException if the draft's fields are not the record's components
   */
  public static <R extends Record, D> R with(R record, D draft, Consumer<? super D> change) {
    @SuppressWarnings("unchecked") // It is the class of the record.
    Class<R> type = (Class<R>) record.getClass();
    RecordComponent[] components = type.getRecordComponents();
    Class<?>[] types = new Class<?>[components.length];
    Object[] values = new Object[components.length];
    try {
      for (RecordComponent component : components) {
        Object value = component.getAccessor().invoke(record);
        draft.getClass().getField(component.getName()).set(draft, value);
      }
      change.accept(draft);
      for (int i = 0; i < components.length; i++) {
        types[i] = components[i].getType();
        values[i] = draft.getClass().getField(components[i].getName()).get(draft);
      }
      return type.getConstructor(types).newInstance(values);
    } catch (InvocationTargetException e) {
      if (e.getCause() instanceof RuntimeException refused) {
        throw refused;
      }
      throw new IllegalStateException(e.getCause());
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(draft.getClass() + " does not fit " + type, e);
    }
  }
}
