package io.github.steelyard.cli.recipe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.example.seventh.WeightStandardizationSection;
import io.github.steelyard.cli.ReadRecipes;
import io.github.steelyard.runtime.RegisterException;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Enumeration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RecipeSectionsTest {
  private static final String RECIPE =
      """
      model: {name: resnet8}
      data: {name: fashion-mnist}
      optimizer: {name: adamw}
      weight_standardization: {epsilon: 0.5, layers: [linear]}
      """;

  @TempDir Path folder;

  /** What a section says that takes a key. */
  private record Settings(int number) {}

  /** Another section, under a key of the test's choice. */
  private record Other(String key) implements RecipeSection<Settings> {
    @Override
    public Settings read(Mapping section) {
      return section.read(new Settings(1));
    }
  }

  private static Recipe parse(String recipe) {
    return ReadRecipes.of(recipe);
  }

  /** As if the class path were another one. */
  private static void with(ClassLoader loader, Runnable work) {
    ClassLoader before = Thread.currentThread().getContextClassLoader();
    Thread.currentThread().setContextClassLoader(loader);
    try {
      work.run();
    } finally {
      Thread.currentThread().setContextClassLoader(before);
    }
  }

  @Test
  void givenARecipeWithTheSection_whenItIsWrittenAndReadAgain_thenItIsTheSame() {
    Recipe recipe = parse(RECIPE);

    assertThat(recipe.sections())
        .extracting(Section::key)
        .containsExactly("weight_standardization");
    assertThat(parse(recipe.toYaml())).isEqualTo(recipe).hasSameHashCodeAs(recipe);
    assertThat(Recipe.of("map", recipe.toMap(), List.of())).isEqualTo(recipe);
    assertThat(recipe.differences(parse(RECIPE.replace("0.5", "0.25"))))
        .containsExactly("weight_standardization.epsilon is 0.5, not 0.25");
    assertThat(recipe).isNotEqualTo(parse(RECIPE.replace("0.5", "0.25")));
  }

  @Test
  void givenNoProviderOnTheClassPath_whenTheSectionIsRead_thenTheErrorSaysSo() {
    ClassLoader own = getClass().getClassLoader();
    with(
        new ClassLoader(own) {
          @Override
          public Enumeration<URL> getResources(String name) throws IOException {
            Enumeration<URL> all = super.getResources(name);
            return name.equals("META-INF/services/" + RecipeSection.class.getName())
                ? Collections.emptyEnumeration()
                : all;
          }
        },
        () ->
            assertThatThrownBy(() -> parse(RECIPE))
                .isInstanceOf(RecipeException.class)
                .hasMessageContaining("r.yaml, line 4: unknown key 'weight_standardization'")
                .hasMessageContaining("the method's jar is not on the class path")
                .hasMessageContaining("STEELYARD_CLASSPATH"));
  }

  @Test
  void givenAProviderThatCannotBeLoaded_whenAnyRecipeIsRead_thenItIsNamed() throws IOException {
    Path services = Files.createDirectories(folder.resolve("META-INF/services"));
    Files.writeString(services.resolve(RecipeSection.class.getName()), "com.example.Missing");
    try (URLClassLoader loader =
        new URLClassLoader(new URL[] {folder.toUri().toURL()}, getClass().getClassLoader())) {
      with(
          loader,
          () ->
              assertThatThrownBy(() -> parse(RECIPE))
                  .isInstanceOf(RegisterException.class)
                  .hasMessageContaining("cannot be loaded")
                  .hasMessageContaining("com.example.Missing"));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"model", "quick", "name", "from", "stages", "classes", "axes"})
  void givenAKeyThatRecipesHave_whenASectionTakesIt_thenItIsRefusedAtOnce(String key) {
    assertThatThrownBy(() -> new RecipeSections(List.of(new Other(key)), RecipeKeys.ALL))
        .isInstanceOf(RecipeException.class)
        .hasMessageContaining("'" + key + "'")
        .hasMessageContaining("recipes have this key already");
  }

  @Test
  void givenTwoSectionsWithOneKey_whenTheyAreFound_thenBothAreNamed() {
    List<RecipeSection<?>> both =
        List.of(new WeightStandardizationSection(), new Other("weight_standardization"));

    assertThatThrownBy(() -> new RecipeSections(both, List.of()))
        .isInstanceOf(RecipeException.class)
        .hasMessageContaining(WeightStandardizationSection.class.getName())
        .hasMessageContaining(Other.class.getName())
        .hasMessageContaining("'weight_standardization'");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a.b", "Weight", "a b", "1st"})
  void givenAKeyThatIsNoWord_whenASectionHasIt_thenItIsRefused(String key) {
    assertThatThrownBy(() -> new RecipeSections(List.of(new Other(key)), List.of()))
        .hasMessageContaining("small letters, digits and underscores");
  }
}
