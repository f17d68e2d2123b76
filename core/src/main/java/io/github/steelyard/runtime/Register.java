package io.github.steelyard.runtime;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.function.Function;

/**
 * Things by name, ours and foreign alike: a jar names its providers in {@code META-INF/services},
 * {@link ServiceLoader} finds them, and each provider gives one or more named entries. All
 * registers of this project (optimizers, models, data sets, quantizers, strategies, methods) are
 * made of this one class.
 *
 * <p>The class path is read at each {@link #load}, which takes about a millisecond: nothing is kept
 * in static state, and a thread with a context class loader of its own sees what that loader sees.
 *
 * @param <E> what is found
 */
public final class Register<E extends Named> {
  private static final String VALID = "[a-z0-9]+([-_.][a-z0-9]+)*";

  private final String kind;
  private final Map<String, E> byName = new LinkedHashMap<>();

  /** By name, the class that claims it. */
  private final Map<String, Class<?>> claims = new LinkedHashMap<>();

  private Register(String kind) {
    this.kind = kind;
  }

  /**
   * Reads the class path.
   *
   * @param <S> the type of the providers
   * @param <E> what they provide
   * @param kind what an entry is called in messages, such as {@code optimizer}
   * @param service the type of the providers, which is also the name of their file below {@code
   *     META-INF/services}
   * @param entries asks one provider for its entries
   * @return the register
   * @throws RegisterException if a provider cannot be loaded, or an entry's name is claimed twice
   *     or cannot be used
   */
  public static <S, E extends Named> Register<E> load(
      String kind, Class<S> service, Function<? super S, ? extends List<? extends E>> entries) {
    return of(kind, providers(kind, service), entries);
  }

  /**
   * The providers themselves, where they are not entries by name.
   *
   * @param <S> the type of the providers
   * @param kind what one is called in messages, such as {@code section of recipes}
   * @param service the type of the providers
   * @return all on the class path, in its order
   * @throws RegisterException if one cannot be loaded
   */
  public static <S> List<S> providers(String kind, Class<S> service) {
    ClassLoader context = Thread.currentThread().getContextClassLoader();
    ClassLoader loader = sees(context, service) ? context : service.getClassLoader();
    return providers(kind, ServiceLoader.load(service, loader).iterator());
  }

  private static <S> List<S> providers(String kind, Iterator<? extends S> found) {
    List<S> providers = new ArrayList<>();
    try {
      while (found.hasNext()) {
        providers.add(found.next());
      }
      return providers;
    } catch (ServiceConfigurationError | LinkageError e) {
      throw new RegisterException(
          "a jar on the class path brings a provider of the kind '"
              + kind
              + "' that cannot be loaded: "
              + e.getMessage()
              + reason(e)
              + "; mend the jar or take it off the class path",
          e);
    }
  }

  /** A register of given providers. */
  static <S, E extends Named> Register<E> of(
      String kind,
      Iterable<? extends S> providers,
      Function<? super S, ? extends List<? extends E>> entries) {
    Register<E> register = new Register<>(kind);
    for (S provider : providers(kind, providers.iterator())) {
      register.entriesOf(provider, entries).forEach(entry -> register.add(entry, provider));
    }
    return register;
  }

  /** A thread of somebody else's pool may have a context loader that does not know this library. */
  private static boolean sees(ClassLoader loader, Class<?> service) {
    try {
      return loader != null && Class.forName(service.getName(), false, loader) == service;
    } catch (ClassNotFoundException e) {
      return false;
    }
  }

  private <S> List<? extends E> entriesOf(
      S provider, Function<? super S, ? extends List<? extends E>> entries) {
    try {
      return List.copyOf(entries.apply(provider));
    } catch (RuntimeException | LinkageError e) {
      throw new RegisterException(
          provider.getClass().getName()
              + ", a provider of the kind '"
              + kind
              + "', fails: "
              + e
              + reason(e)
              + "; mend its jar or take it off the class path",
          e);
    }
  }

  /** The innermost cause, which says what is missing. */
  private static String reason(Throwable e) {
    Throwable cause = e;
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    return cause == e ? "" : " (" + cause + ")";
  }

  private void add(E entry, Object provider) {
    String name = entry.name();
    if (name == null || !name.matches(VALID)) {
      throw new RegisterException(
          provider.getClass().getName()
              + " names a "
              + kind
              + " '"
              + name
              + "', but a name is made of small letters, digits, and '-', '_' or '.' between them");
    }
    Class<?> other = claims.putIfAbsent(name, provider.getClass());
    if (other != null) {
      throw new RegisterException(
          other.getName()
              + " and "
              + provider.getClass().getName()
              + " both bring a "
              + kind
              + " named '"
              + name
              + "'; rename one, or take its jar off the class path");
    }
    byName.put(name, entry);
  }

  /**
   * All entries.
   *
   * @return in the order of the class path, and of each provider
   */
  public List<E> all() {
    return new ArrayList<>(byName.values());
  }

  /**
   * The names of all entries.
   *
   * @return in the order of {@link #all}
   */
  public List<String> names() {
    return new ArrayList<>(byName.keySet());
  }

  /**
   * One entry.
   *
   * @param name its name
   * @return the entry
   * @throws IllegalArgumentException if there is none; the message names the nearest, lists what is
   *     there and says where a jar's names come from
   */
  public E get(String name) {
    E entry = byName.get(name);
    if (entry == null) {
      throw new IllegalArgumentException(
          "there is no "
              + kind
              + " '"
              + name
              + "'"
              + Suggestion.clause(name, byName.keySet())
              + ". If a jar brings it, the jar is not on the class path: name it in the environment"
              + " variable STEELYARD_CLASSPATH");
    }
    return entry;
  }
}
