package io.github.steelyard.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.github.steelyard.method.MethodProvider;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a person is told about names, and about jars that are broken or missing. */
class RegisterTest {
  /** The kind of service of these tests. */
  public interface Fruits {
    /** Fruits by name. */
    List<Fruit> fruits();
  }

  /** An entry. */
  public record Fruit(String name) implements Named {}

  /** A provider of two fruits. */
  public static final class Orchard implements Fruits {
    @Override
    public List<Fruit> fruits() {
      return List.of(new Fruit("pear"), new Fruit("apple"));
    }
  }

  /** A provider that another one meets. */
  public static final class Market implements Fruits {
    @Override
    public List<Fruit> fruits() {
      return List.of(new Fruit("apple"));
    }
  }

  /** A provider that fails where its class is initialized. */
  public static final class Rotten implements Fruits {
    private static final int NUMBER = Integer.parseInt("no number");

    @Override
    public List<Fruit> fruits() {
      return List.of(new Fruit("rotten-" + NUMBER));
    }
  }

  /** A provider whose entries cannot be made. */
  public static final class Empty implements Fruits {
    @Override
    public List<Fruit> fruits() {
      throw new IllegalStateException("the basket is empty");
    }
  }

  @Test
  void givenProviders_whenLoaded_thenEntriesAreFoundInTheirOrder() {
    Register<Fruit> register = of(new Orchard());

    assertThat(register.names()).containsExactly("pear", "apple");
    assertThat(register.get("apple")).isEqualTo(new Fruit("apple"));
    assertThat(register.all()).hasSize(2);
  }

  @Test
  void givenAnUnknownName_whenAskedFor_thenTheErrorSaysTheNearestAllAndWhereJarsGo() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> of(new Orchard()).get("aple"))
        .withMessageContaining("there is no fruit 'aple'")
        .withMessageContaining("did you mean 'apple'")
        .withMessageContaining("pear, apple")
        .withMessageContaining("STEELYARD_CLASSPATH");
  }

  @Test
  void givenTwoProvidersOfOneName_whenLoaded_thenBothClassesAreNamed() {
    assertThatExceptionOfType(RegisterException.class)
        .isThrownBy(() -> of(new Orchard(), new Market()))
        .withMessageContaining("Orchard")
        .withMessageContaining("Market")
        .withMessageContaining("'apple'");
  }

  @Test
  void givenANameThatNobodyCanWrite_whenLoaded_thenItIsRefused() {
    assertThatExceptionOfType(RegisterException.class)
        .isThrownBy(() -> of((Fruits) () -> List.of(new Fruit("Red Apple"))))
        .withMessageContaining("'Red Apple'")
        .withMessageContaining("small letters");
  }

  @Test
  void givenAProviderThatFails_whenAsked_thenItIsNamedWithItsReason() {
    assertThatExceptionOfType(RegisterException.class)
        .isThrownBy(() -> of(new Empty()))
        .withMessageContaining("RegisterTest$Empty")
        .withMessageContaining("the basket is empty");
  }

  @Test
  void givenAJarWhoseProviderIsBrokenOrMissing_whenLoaded_thenASentenceNamesIt(@TempDir Path jar)
      throws IOException {
    assertThat(loaded(jar, Orchard.class.getName()).names()).containsExactly("pear", "apple");
    for (String broken : List.of(Rotten.class.getName(), "com.example.Missing")) {
      assertThatExceptionOfType(RegisterException.class)
          .isThrownBy(() -> loaded(jar, broken))
          .withMessageContaining(broken)
          .withMessageContaining("kind 'fruit'")
          .withMessageContaining("take it off the class path");
    }
    assertThatExceptionOfType(RegisterException.class)
        .isThrownBy(() -> loaded(jar, RegisterTest.class.getName()))
        .withMessageContaining("RegisterTest");
  }

  @Test
  void givenAThreadWhoseContextLoaderKnowsNothing_whenLoaded_thenProvidersAreFound()
      throws Exception {
    Thread thread = Thread.currentThread();
    ClassLoader before = thread.getContextClassLoader();
    try (URLClassLoader none = new URLClassLoader(new URL[0], null)) {
      thread.setContextClassLoader(none);
      assertThat(Register.load("method", MethodProvider.class, MethodProvider::methods).names())
          .contains("adamp");
    } finally {
      thread.setContextClassLoader(before);
    }
  }

  private static Register<Fruit> of(Fruits... providers) {
    return Register.of("fruit", List.of(providers), Fruits::fruits);
  }

  /** Reads the register where a folder with one line of a services file is on the class path. */
  private static Register<Fruit> loaded(Path folder, String provider) throws IOException {
    Path services = Files.createDirectories(folder.resolve("META-INF/services"));
    Files.writeString(services.resolve(Fruits.class.getName()), provider + "\n");
    Thread thread = Thread.currentThread();
    ClassLoader before = thread.getContextClassLoader();
    try (URLClassLoader own = new URLClassLoader(new URL[] {folder.toUri().toURL()}, before)) {
      thread.setContextClassLoader(own);
      return Register.load("fruit", Fruits.class, Fruits::fruits);
    } finally {
      thread.setContextClassLoader(before);
    }
  }
}
