package io.github.steelyard.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What the pages name is there: files, headings, classes with their members, the version. */
@Tag("once")
class DocumentationNamesTest {
  private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
  private static final Pattern BLOCK = Pattern.compile("(?s)```.*?```");
  private static final Pattern CODE = Pattern.compile("`([^`\\n]+)`");
  private static final Pattern LINK = Pattern.compile("\\]\\(([^)#]*)(?:#([^)]+))?\\)");
  private static final Pattern HEADING = Pattern.compile("(?m)^#+ (.*)$");
  private static final Pattern MEMBER = Pattern.compile("\\b([A-Z]\\w+)\\.([a-zA-Z]\\w*)");
  private static final Pattern CALL = Pattern.compile("\\b([a-z]\\w*)\\(");
  private static final Pattern WORD = Pattern.compile("[A-Za-z_]\\w*");
  private static final Pattern VERSION = Pattern.compile("<version>([^<]+)</version>");

  private static List<Path> pages() throws IOException {
    try (Stream<Path> own = Files.list(ROOT);
        Stream<Path> docs = Files.list(ROOT.resolve("docs"))) {
      return Stream.concat(own, docs).filter(file -> file.toString().endsWith(".md")).toList();
    }
  }

  private static List<MatchResult> all(Pattern pattern, String text) {
    return pattern.matcher(text).results().toList();
  }

  /** The words of every class, the parts of equal names together. */
  private static Map<String, Set<String>> classes() throws IOException {
    Map<String, Set<String>> classes = new HashMap<>();
    for (String module : List.of("core", "cli", "spark", "bench", "examples")) {
      try (Stream<Path> files = Files.walk(ROOT.resolve(module).resolve("src"))) {
        for (Path file : files.filter(each -> each.toString().endsWith(".java")).toList()) {
          String name = file.getFileName().toString().replace(".java", "");
          Set<String> words = classes.computeIfAbsent(name, key -> new HashSet<>());
          all(WORD, Files.readString(file)).forEach(word -> words.add(word.group()));
        }
      }
    }
    return classes;
  }

  @Test
  void givenALinkOfAPage_thenTheFileIsThereAndHasTheHeading() throws IOException {
    List<String> broken = new ArrayList<>();
    for (Path page : pages()) {
      for (MatchResult link : all(LINK, BLOCK.matcher(Files.readString(page)).replaceAll(""))) {
        if (link.group(1).contains(":")) {
          continue; // Elsewhere in the world.
        }
        Path target = page.resolveSibling(link.group(1)).normalize();
        Path file = link.group(1).isEmpty() ? page : target;
        if (!Files.exists(file) || (link.group(2) != null && !hasHeading(file, link.group(2)))) {
          broken.add(ROOT.relativize(page) + ": " + link.group());
        }
      }
    }
    assertThat(broken).isEmpty();
  }

  private static boolean hasHeading(Path page, String anchor) throws IOException {
    return all(HEADING, Files.readString(page)).stream()
        .map(heading -> heading.group(1).toLowerCase(Locale.ROOT))
        .map(heading -> heading.replaceAll("[^\\w\\- ]", "").replace(' ', '-'))
        .anyMatch(anchor::equals);
  }

  @Test
  void givenCodeInASentence_thenItsMethodsAndMembersAreInTheSources() throws IOException {
    Map<String, Set<String>> classes = classes();
    Set<String> words = new HashSet<>();
    classes.values().forEach(words::addAll);
    List<String> unknown = new ArrayList<>();
    for (Path page : pages()) {
      if (page.endsWith("CHANGELOG.md")) {
        continue; // It tells what is gone, too.
      }
      for (MatchResult code : all(CODE, BLOCK.matcher(Files.readString(page)).replaceAll(""))) {
        boolean known =
            all(MEMBER, code.group(1)).stream()
                    .allMatch(
                        use ->
                            !classes.containsKey(use.group(1))
                                || classes.get(use.group(1)).contains(use.group(2)))
                && all(CALL, code.group(1)).stream().allMatch(use -> words.contains(use.group(1)));
        if (!known) {
          unknown.add(ROOT.relativize(page) + ": " + code.group(1));
        }
      }
    }
    assertThat(unknown).isEmpty();
  }

  @Test
  void givenTheReadme_thenItsVersionIsTheOneThatIsBuilt() throws IOException {
    Matcher written = VERSION.matcher(Files.readString(ROOT.resolve("README.md")));
    Matcher built = VERSION.matcher(Files.readString(ROOT.resolve("pom.xml")));
    assertThat(written.find() && built.find()).isTrue();
    assertThat(written.group(1)).isEqualTo(built.group(1));
  }
}
